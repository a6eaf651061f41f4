/**
 * One client's connection to a camera, above whatever carries its bytes: login, commands, streams,
 * pictures and what a camera says unasked.
 *
 * It is handed the bytes that arrive, and asked for those to send when there is room for them:
 * pictures of a stream that nobody takes are left out, up to the next key frame.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import type { CloseReason, Duration, Entropy, Instant } from "../../machine.ts";
import { BaichuanCodec, type BcMessage, xmlPayload } from "../../reolink/baichuan/codec.ts";
import type { Content } from "../../reolink/baichuan/command.ts";
import { ALARM_EVENTS } from "../../reolink/baichuan/commands/alarm_events.ts";
import { BATTERY_LIST } from "../../reolink/baichuan/commands/battery.ts";
import { FLOODLIGHT_STATUS_LIST } from "../../reolink/baichuan/commands/floodlight_status.ts";
import { KEEP_ALIVE_ID } from "../../reolink/baichuan/commands/keep_alive.ts";
import { LOGIN } from "../../reolink/baichuan/commands/login.ts";
import { LOGOUT } from "../../reolink/baichuan/commands/logout.ts";
import { NONCE } from "../../reolink/baichuan/commands/nonce.ts";
import { START_PREVIEW } from "../../reolink/baichuan/commands/preview_start.ts";
import { STOP_PREVIEW } from "../../reolink/baichuan/commands/preview_stop.ts";
import { REBOOT } from "../../reolink/baichuan/commands/reboot.ts";
import { SNAPSHOT } from "../../reolink/baichuan/commands/snapshot.ts";
import { WATCH_EVENTS } from "../../reolink/baichuan/commands/watch_events.ts";
import { BcClass, type BcHeader } from "../../reolink/baichuan/header.ts";
import { earliest, Timers } from "../../timers.ts";
import type { CameraClient, CameraPush, CameraState } from "./camera_state.ts";
import { PICTURE_SETTINGS } from "./default_elements.ts";
import { type Challenge, challenge, isOwner } from "./login.ts";
import { Previews } from "./previews.ts";
import { deviceInfo, READ_ROWS, streamList } from "./reads.ts";
import { type Answer, bare, BC_STATUS, REFUSED, type Row } from "./row.ts";
import { Snapshot } from "./snapshot.ts";
import { drawStill } from "./still.ts";
import { WRITE_ROWS } from "./writes.ts";

export interface BcServerOptions {
  readonly camera: CameraState;
  /** Over UDP a camera asks now and then whether the client is still there. */
  readonly carrier: "udp" | "tcp";
  readonly entropy: Entropy;
  readonly onEvent: (event: BcServerEvent) => void;
}

export type BcServerEvent =
  | { readonly type: "login"; readonly accepted: boolean }
  /** A request was answered, or obeyed in silence. */
  | { readonly type: "request"; readonly id: number; readonly code: number | undefined }
  /** The camera restarts. */
  | { readonly type: "reboot" };

/** Why a client is not connected any more. */
export interface SessionEnd {
  readonly reason: CloseReason;
  readonly detail: string;
}

type BcTimer =
  /** The client should have logged in. */
  | "login"
  /** The client is asked whether it is there. */
  | "keepAlive"
  /** The battery is told of. */
  | "battery"
  /** A picture is ready. */
  | "snapshot"
  /** The client has said goodbye, or the camera restarts. */
  | "end";

const LOGIN_WITHIN: Duration = 30_000;
const END_AFTER: Duration = 1_000;
const BATTERY_EVERY: Duration = 60_000;

/** Questions without an answer after which the client is gone, as with real cameras [observed]. */
const KEEP_ALIVE_EVERY: Duration = 10_000;
const MAX_UNANSWERED = 3;

/** Longest body taken, in bytes: clients send XML and talk. */
const MAX_BODY = 1 << 20;

/** Bytes of answers that nobody takes, at which the connection ends. */
const MAX_UNSENT = 8 << 20;

const PICTURE_SETTINGS_ID = 78;

const REBOOTING: SessionEnd = { reason: "peer", detail: "the camera restarts" };

/** The reply is out already. */
const ANSWERED: Answer = bare(BC_STATUS.ok);

const ROWS: ReadonlyMap<number, Row> = new Map(
  [...READ_ROWS, ...WRITE_ROWS].map((row) => [row.id, row]),
);

export class BcServer implements CameraClient {
  readonly #options: BcServerOptions;
  readonly #codec = new BaichuanCodec(MAX_BODY);
  readonly #timers = new Timers<BcTimer>();
  readonly #out: Uint8Array[] = [];
  readonly #previews: Previews;
  #unsent = 0;
  #challenge: Challenge | undefined;
  #isIn = false;
  #wantsEvents = false;
  #snapshot: Snapshot | undefined;
  #nextOwnNum = 0x8000;
  #unanswered = 0;
  #end: SessionEnd | undefined;
  /** Why it will end when its timer runs out. */
  #ending: SessionEnd | undefined;

  constructor(now: Instant, options: BcServerOptions) {
    this.#options = options;
    this.#previews = new Previews(options.camera);
    this.#timers.set("login", now + LOGIN_WITHIN);
  }

  /** Why it is over, once it is. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** Streams running. */
  get previews(): number {
    return this.#previews.size;
  }

  /** Takes bytes from the client; the array is handed over. */
  handleBytes(now: Instant, bytes: Uint8Array): void {
    if (this.#end !== undefined) return;
    try {
      this.#codec.push(bytes);
      for (let next = this.#codec.next(now); next !== undefined; next = this.#codec.next(now)) {
        this.#handle(now, next);
        if (this.#end !== undefined) return;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#finish({ reason: "protocol", detail: error.message });
    }
  }

  /** The next bytes for the client, or `undefined` when there are none. */
  pollBytes(): Uint8Array | undefined {
    const bytes = this.#out.shift();
    this.#unsent -= bytes?.byteLength ?? 0;
    return bytes;
  }

  onPush({ id, content, isEvent }: CameraPush): void {
    if (!isEvent || this.#wantsEvents) this.#push(id, content);
  }

  /** Whatever carried it is gone. */
  close(): void {
    this.#finish({ reason: "local", detail: "closed" });
  }

  handleTimeout(now: Instant): void {
    for (const timer of this.#timers.takeDue(now)) this.#handleTimer(now, timer);
    for (const message of this.#previews.take(now, this.#codec.cipher.mode, this.#unsent)) {
      this.#send(message);
    }
  }

  pollTimeout(): Instant | undefined {
    if (this.#end !== undefined) return undefined;
    return earliest(this.#timers.next(), this.#previews.nextAt);
  }

  #handleTimer(now: Instant, timer: BcTimer): void {
    switch (timer) {
      case "login":
        return this.#finish({ reason: "timeout", detail: "the client did not log in" });
      case "keepAlive":
        return this.#keepAlive(now);
      case "battery":
        this.#timers.set("battery", now + BATTERY_EVERY);
        return this.#pushBattery(now);
      case "snapshot":
        for (const message of this.#snapshot?.messages() ?? []) this.#send(message);
        this.#snapshot = undefined;
        return;
      case "end":
        if (this.#ending !== undefined) this.#finish(this.#ending);
    }
  }

  #handle(now: Instant, message: BcMessage): void {
    const { id, code, messageClass } = message.header;
    if (id === KEEP_ALIVE_ID) {
      this.#unanswered = 0;
    } else if (id === NONCE.id && messageClass === BcClass.legacy) {
      this.#handleOffer(message.header, code);
    } else if (id === LOGIN.id) {
      this.#handleLogin(now, message);
    } else if (this.#isIn) {
      this.#reply(message.header, this.#answer(now, message));
    } else {
      this.#reply(message.header, REFUSED);
    }
  }

  #handleOffer(header: BcHeader, offer: number): void {
    const { camera, entropy } = this.#options;
    const chosen = this.#isIn ? undefined : challenge(offer, camera.settings, entropy);
    if (chosen === undefined) return this.#reply(header, REFUSED);
    this.#challenge = chosen;
    const { nonce, code, mode, key } = chosen;
    this.#send({
      header: { ...header, code, messageClass: BcClass.nonce },
      ...NONCE.reply.write({ type: "md5", nonce }),
    });
    this.#codec.cipher.agree(mode, key);
  }

  #handleLogin(now: Instant, { header, payload }: BcMessage): void {
    const { camera, onEvent } = this.#options;
    const { settings, counters } = camera;
    const user = tryDecode(() => LOGIN.request.read({ payload }));
    if (user === undefined || this.#challenge === undefined || this.#isIn) {
      return this.#reply(header, REFUSED);
    }
    const isRight = isOwner(user, this.#challenge.nonce, settings);
    if (!isRight) counters.wrongLogins += 1;
    const attempts = counters.logins + counters.refusedLogins;
    const isRefused = !isRight || attempts < settings.faults.refuseLogins || !camera.add(this);
    if (isRefused) {
      counters.refusedLogins += 1;
      this.#reply(header, bare(isRight ? settings.faults.refuseLoginWith : BC_STATUS.refused));
      return onEvent({ type: "login", accepted: false });
    }
    counters.logins += 1;
    this.#isIn = true;
    this.#timers.clear("login");
    const reply = LOGIN.reply.write({ device: deviceInfo(), streams: streamList(settings) });
    this.#reply(header, { code: BC_STATUS.ok, content: reply });
    onEvent({ type: "login", accepted: true });
    this.#greet(now);
  }

  /** What a camera tells everybody who comes in. */
  #greet(now: Instant): void {
    const { camera, carrier } = this.#options;
    this.#push(PICTURE_SETTINGS_ID, { payload: xmlPayload(PICTURE_SETTINGS) });
    this.#pushBattery(now);
    const lights = [{ channel: 0, on: camera.floodlight }];
    this.#push(FLOODLIGHT_STATUS_LIST.id, FLOODLIGHT_STATUS_LIST.content.write(lights));
    if (carrier === "udp") this.#timers.set("keepAlive", now + KEEP_ALIVE_EVERY / 2);
    if (camera.settings.power === "battery") this.#timers.set("battery", now + BATTERY_EVERY);
  }

  #answer(now: Instant, message: BcMessage): Answer {
    switch (message.header.id) {
      case LOGOUT.id:
        return this.#endSoon(now, { reason: "peer", detail: "the client has logged out" });
      case REBOOT.id:
        this.#options.camera.counters.reboots += 1;
        return this.#endSoon(now, REBOOTING);
      case START_PREVIEW.id:
        return this.#previews.start(now, message);
      case STOP_PREVIEW.id:
        return this.#previews.stop(message);
      case WATCH_EVENTS.id:
        return this.#watch(message.header);
      case SNAPSHOT.id:
        return this.#takeSnapshot(now, message);
      default:
        return this.#answerRow(now, message);
    }
  }

  #answerRow(now: Instant, message: BcMessage): Answer {
    const { camera } = this.#options;
    const row = ROWS.get(message.header.id);
    if (row === undefined || (row.takesTime && !camera.isReady(now))) return REFUSED;
    return row.answer({ now, camera, client: this }, message);
  }

  /** The reply, and right behind it how things are. */
  #watch(header: BcHeader): Answer {
    const { camera } = this.#options;
    this.#wantsEvents = true;
    this.#reply(header, bare(BC_STATUS.ok));
    this.#push(ALARM_EVENTS.id, ALARM_EVENTS.content.write([camera.motionEvent()]));
    return ANSWERED;
  }

  #takeSnapshot(now: Instant, { header, payload }: BcMessage): Answer {
    const { camera } = this.#options;
    const { snapshot } = camera.settings.quirks;
    const request = tryDecode(() => SNAPSHOT.request.read({ payload }));
    if (request === undefined || snapshot === "none" || this.#snapshot !== undefined) {
      return REFUSED;
    }
    const time = camera.wallClock(now) + 1_000 * camera.utcOffset;
    const jpeg = drawStill(time);
    const num = this.#nextOwnNum;
    this.#nextOwnNum = num === 0xffff ? 0x8000 : num + 1;
    const asRecorder = snapshot === "recorder";
    this.#snapshot = new Snapshot(now, { jpeg, header, num, asRecorder });
    this.#timers.set("snapshot", this.#snapshot.dueAt);
    camera.counters.snapshots += 1;
    const digits = new Date(time).toISOString().replace(/\D/g, "").slice(0, 14);
    const fileName = `01_${digits}.jpg`;
    const reply = { channel: request.channel, fileName, time: 0, size: jpeg.byteLength };
    return { code: BC_STATUS.ok, content: SNAPSHOT.reply.write(reply) };
  }

  #endSoon(now: Instant, end: SessionEnd): Answer {
    this.#ending = end;
    this.#timers.set("end", now + END_AFTER);
    return bare(BC_STATUS.ok);
  }

  #keepAlive(now: Instant): void {
    if (this.#unanswered >= MAX_UNANSWERED) {
      const detail = "the client did not say that it is there";
      return this.#finish({ reason: "timeout", detail });
    }
    this.#unanswered += 1;
    this.#push(KEEP_ALIVE_ID, bare(BC_STATUS.ok).content);
    this.#timers.set("keepAlive", now + KEEP_ALIVE_EVERY);
  }

  #pushBattery(now: Instant): void {
    const { camera } = this.#options;
    if (camera.settings.power === "mains") return;
    this.#push(BATTERY_LIST.id, BATTERY_LIST.content.write([camera.battery(now)]));
  }

  #push(id: number, content: Content): void {
    const code = BC_STATUS.ok;
    const header = { id, channel: 0, stream: 0, num: 0, code, messageClass: BcClass.reply };
    this.#send({ header, ...content });
  }

  #reply(header: BcHeader, answer: Answer): void {
    if (answer === ANSWERED) return;
    const { camera, onEvent } = this.#options;
    const { code, content } = answer;
    const isSilent = camera.settings.quirks.unanswered.includes(header.id);
    onEvent({ type: "request", id: header.id, code: isSilent ? undefined : code });
    if (!isSilent) {
      this.#send({ header: { ...header, code, messageClass: BcClass.reply }, ...content });
    }
  }

  #send(message: BcMessage): void {
    if (this.#end !== undefined) return;
    const bytes = this.#codec.encode(message);
    this.#out.push(bytes);
    this.#unsent += bytes.byteLength;
    if (this.#unsent > MAX_UNSENT) {
      this.#finish({ reason: "timeout", detail: "the client does not take what it is sent" });
    }
  }

  #finish(end: SessionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timers.clearAll();
    this.#previews.close();
    this.#options.camera.remove(this);
    if (end === REBOOTING) this.#options.onEvent({ type: "reboot" });
  }
}
