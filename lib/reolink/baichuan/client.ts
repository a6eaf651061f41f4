/** A camera with promises: what the rest of the program sees of a session. @module */

import type { ByteStream, Clock } from "../../io/types.ts";
import type { CloseReason, Duration } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { BaichuanLoginError } from "./baichuan_error.ts";
import { type CameraInfo, type LoggedInCamera, readCameraInfo } from "./camera_info.ts";
import type { Command } from "./command.ts";
import { type BatteryInfo, READ_BATTERY } from "./commands/battery.ts";
import type { StreamKind } from "./commands/preview.ts";
import { READ_TALK_ABILITY } from "./commands/talk_ability.ts";
import { Connection } from "./connection.ts";
import type { Move } from "./ptz_mover.ts";
import { BaichuanSession, type SessionOptions } from "./session.ts";
import type { BaichuanCounters, BaichuanEvent, PushEvent } from "./session_events.ts";
import { Talk } from "./talk.ts";
import { isUsable } from "./talk_line.ts";

export interface BaichuanClientOptions extends SessionOptions {
  readonly clock: Clock;
  /** What the camera says unasked. Must return at once and must not throw. */
  readonly onEvent?: (event: PushEvent) => void;
}

/** What is known of a camera from its login. */
export type LoggedIn = Omit<BaichuanEvent & { readonly type: "loggedIn" }, "type">;

/** A stream that runs. */
export interface Preview {
  /** Resolves once it has ended: by us, by the camera, or with the connection. */
  readonly ended: Promise<CloseReason>;
  /** Ends it: nothing of it comes from now on. Resolves once the camera has agreed, or 2 s later. */
  stop(): Promise<void>;
}

/**
 * Takes the bytes of a stream, the payload of one message at a time. They may be a view on much more,
 * so copy what is kept for long. Must return at once and must not throw.
 */
export type OnBytes = (bytes: Uint8Array) => void;

interface Running {
  readonly onBytes: OnBytes;
  readonly end: (reason: CloseReason) => void;
}

/**
 * Logs in over a stream and resolves once in. Rejects with `BaichuanLoginError`, which says why, and
 * then the stream is closed. An abort of `signal` says goodbye, now or at any time later.
 */
export async function connectBaichuan(
  stream: ByteStream,
  options: BaichuanClientOptions,
  signal: AbortSignal,
): Promise<BaichuanClient> {
  const loggedIn = Promise.withResolvers<LoggedIn>();
  const client = new BaichuanClient(stream, options, loggedIn.resolve);
  const onAbort = () => void client.close();
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const over = client.ended.finally(() => signal.removeEventListener("abort", onAbort));
  const result = await Promise.race([loggedIn.promise, over]);
  if ("reason" in result) throw new BaichuanLoginError(result);
  return client;
}

/** A camera after the login. */
export class BaichuanClient implements LoggedInCamera {
  readonly #connection: Connection;
  readonly #session: BaichuanSession;
  readonly #user: string;
  readonly #channel: number;
  readonly #onEvent: (event: PushEvent) => void;
  readonly #running = new Map<StreamKind, Running>();
  /** Stops under way: a stream must not be started again before they are over. */
  readonly #stopping = new Map<StreamKind, Promise<unknown>>();
  #login: LoggedIn = { mode: "none", device: {} };
  #hasBattery = false;
  #info: Promise<CameraInfo> | undefined;
  #talk: Talk | undefined;
  #isOpen = true;

  /** Use `connectBaichuan()`. */
  constructor(
    stream: ByteStream,
    options: BaichuanClientOptions,
    onLoggedIn: (login: LoggedIn) => void,
  ) {
    this.#user = options.account.user;
    this.#channel = options.channel ?? 0;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#session = new BaichuanSession(options.clock.now(), options);
    this.#connection = new Connection(stream, options.clock, this.#session, (event) => {
      if (event.type === "loggedIn") {
        const { type: _, ...login } = event;
        this.#login = login;
        onLoggedIn(login);
      } else this.#handle(event);
    });
    this.#connection.run();
  }

  /** What the camera said of itself when logged in to, and the cipher agreed on. */
  get login(): LoggedIn {
    return this.#login;
  }

  /** The channel commands are for. */
  get channel(): number {
    return this.#channel;
  }

  /** Whether requests may be made; already false when its streams are told of the end. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Why it ended, once it has. */
  get ended(): Promise<TunnelEnd> {
    return this.#connection.ended;
  }

  get counters(): BaichuanCounters {
    return this.#session.counters;
  }

  /** How long the camera took to answer the last ping. */
  get roundTrip(): Duration | undefined {
    return this.#session.roundTrip;
  }

  /** Model, firmware, abilities, asked for once. What the camera refuses is left out. */
  info(): Promise<CameraInfo> {
    this.#info ??= readCameraInfo(this, this.#user, () => this.#hasBattery);
    return this.#info;
  }

  /** Asks the camera for something. Rejects with `BaichuanError`. */
  request<Request, Reply>(command: Command<Request, Reply>, value: Request): Promise<Reply> {
    return this.#connection.ask((session, now, onDone) => {
      session.request(now, command, value, onDone);
    });
  }

  /**
   * Starts a stream: its bytes go to `onBytes`, the first maybe before this resolves. Each kind runs
   * once at a time. Rejects with `BaichuanError`.
   */
  async startPreview(kind: StreamKind, onBytes: OnBytes): Promise<Preview> {
    await this.#stopping.get(kind);
    const ended = Promise.withResolvers<CloseReason>();
    const running = { onBytes, end: ended.resolve };
    const isFree = !this.#running.has(kind);
    if (isFree) this.#running.set(kind, running);
    try {
      await this.#connection.ask((session, now, onDone) => {
        session.startPreview(now, kind, onDone);
      });
    } catch (error) {
      if (isFree) this.#running.delete(kind);
      throw error;
    }
    return { ended: ended.promise, stop: () => this.#stop(kind, running) };
  }

  /** A picture, as JPEG. Rejects with `BaichuanError`; many models take none. */
  snapshot(stream: "main" | "sub" = "main"): Promise<Uint8Array> {
    return this.#connection.ask((session, now, onDone) => session.snapshot(now, stream, onDone));
  }

  /** The state of its battery. Rejects with `BaichuanError`, as with cameras that have none. */
  battery(): Promise<BatteryInfo> {
    return this.request(READ_BATTERY, { channel: this.#channel });
  }

  /** Has the camera report what it sees, to `onEvent`. Keeps a battery camera awake. */
  async watchEvents(): Promise<void> {
    await this.#connection.ask((session, now, onDone) => session.watchEvents(now, onDone));
  }

  /** Moves the camera for a while; resolves once it stands still, or moves for somebody else. */
  async movePtz(move: Move): Promise<void> {
    await this.#connection.ask((session, now, onDone) => session.movePtz(now, move, onDone));
  }

  /** Stops the camera's movement. */
  async stopPtz(): Promise<void> {
    await this.#connection.ask((session, now, onDone) => session.stopPtz(now, onDone));
  }

  /** Whether the camera has a loudspeaker that can be used. Rejects with `BaichuanError`. */
  async canTalk(): Promise<boolean> {
    const { configs } = await this.request(READ_TALK_ABILITY, { channel: this.#channel });
    return configs.some(isUsable);
  }

  /** Opens the camera's loudspeaker. One talk at a time. */
  async talk(): Promise<Talk> {
    const config = await this.#connection.ask<Talk["config"]>((session, now, onDone) => {
      session.openTalk(now, onDone);
    });
    this.#talk = new Talk(this.#connection, config);
    return this.#talk;
  }

  /** Says goodbye. Resolves once it is over, within a second or so. */
  close(): Promise<TunnelEnd> {
    this.#connection.command((session, now) => session.close(now));
    return this.ended;
  }

  async #stop(kind: StreamKind, running: Running): Promise<void> {
    if (this.#running.get(kind) !== running) return void await this.#stopping.get(kind);
    this.#running.delete(kind);
    running.end("local");
    const stopped = this.#connection.ask((session, now, onDone) => {
      session.stopPreview(now, kind, onDone);
      // However it went, nothing comes any more.
    }).catch(() => {}).finally(() => this.#stopping.delete(kind));
    this.#stopping.set(kind, stopped);
    await stopped;
  }

  #handle(event: Exclude<BaichuanEvent, { readonly type: "loggedIn" }>): void {
    switch (event.type) {
      case "media":
        this.#running.get(event.stream)?.onBytes(event.bytes);
        break;
      case "previewEnded":
        this.#running.get(event.stream)?.end("peer");
        this.#running.delete(event.stream);
        break;
      case "talkWritable":
        this.#talk?.wake();
        break;
      case "closed":
        this.#isOpen = false;
        for (const { end } of this.#running.values()) end(event.reason);
        this.#running.clear();
        this.#talk?.finish();
        break;
      default:
        if (event.type === "battery" && event.batteries.length > 0) this.#hasBattery = true;
        this.#onEvent(event);
    }
  }
}
