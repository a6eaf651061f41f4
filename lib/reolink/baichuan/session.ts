import { DecodeError } from "../../bytes/decode_error.ts";
import type { CloseReason, Duration, Instant } from "../../machine.ts";
import { earliest, Timers } from "../../timers.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { AdpcmFrame } from "../bcmedia/frame.ts";
import type { Account } from "./account.ts";
import { type Addressing, channelByte } from "./addressing.ts";
import type { CipherMode } from "./cipher.ts";
import { BaichuanCodec, type BcMessage } from "./codec.ts";
import type { Command } from "./command.ts";
import { ALARM_EVENTS } from "./commands/alarm_events.ts";
import { KEEP_ALIVE_ID, keepAliveAnswer } from "./commands/keep_alive.ts";
import { LOGIN } from "./commands/login.ts";
import { LOGOUT } from "./commands/logout.ts";
import { type StreamKind, STREAMS } from "./commands/preview.ts";
import { START_PREVIEW } from "./commands/preview_start.ts";
import type { StreamInfo } from "./commands/stream_list.ts";
import type { AudioConfig } from "./commands/talk_ability.ts";
import { TALK_DATA } from "./commands/talk_data.ts";
import { EventWatch } from "./event_watch.ts";
import { Exchange } from "./exchange.ts";
import { Handshake, type HandshakeResult } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import { NumberPool } from "./number_pool.ts";
import { type Done, failed } from "./outcome.ts";
import { Previews } from "./previews.ts";
import { type Move, PtzMover } from "./ptz_mover.ts";
import { isPush, readPush } from "./pushes.ts";
import type { BaichuanCounters, BaichuanEvent } from "./session_events.ts";
import { Snapshots } from "./snapshots.ts";
import { TalkLine } from "./talk_line.ts";

/** How long the streams may take to stop when we leave, and the whole goodbye. */
export const STOPS_TIMEOUT: Duration = 500;
export const LEAVE_TIMEOUT: Duration = 800;

/** Answers to a camera's questions that may wait to be sent. Beyond them it gets none. */
export const MAX_WAITING_ANSWERS = 64;

export interface SessionOptions {
  readonly account: Account;
  /** Which of a recorder's cameras; 0 by default, and for any other camera. */
  readonly channel?: number;
  /** The strongest cipher to offer; the strongest there is by default. */
  readonly ceiling?: CipherMode;
  readonly addressing?: Addressing;
  /** Longest message, in bytes; 8 MiB by default. */
  readonly maxBody?: number;
}

/**
 * A client's end of one Baichuan connection, without socket or clock: bytes in, bytes and events
 * out, over TCP or what stands for it. It logs in by itself; requests made before that, or after its
 * end, fail.
 */
export class BaichuanSession {
  readonly #options: SessionOptions;
  readonly #codec: BaichuanCodec;
  readonly #numbers = new NumberPool();
  readonly #exchange: Exchange;
  readonly #previews: Previews;
  readonly #snapshots: Snapshots;
  readonly #mover: PtzMover;
  readonly #talk: TalkLine;
  readonly #watch: EventWatch;
  readonly #handshake: Handshake;
  readonly #output: Uint8Array[] = [];
  readonly #events: BaichuanEvent[] = [];
  readonly #counters = { strayMessages: 0, badPushes: 0, keepAlives: 0 };
  /**
   * - `stops`: streams and movements that have not stopped by then are left as they are
   * - `leave`: the goodbye is over, answered or not
   */
  readonly #timers = new Timers<"stops" | "leave">();
  #heartbeat: Heartbeat | undefined;
  #state: "login" | "open" | "leaving" | "closed" = "login";
  #streams: readonly StreamInfo[] = [];
  /** Stops that have to be answered before we leave. */
  #stopsPending = 0;

  constructor(now: Instant, options: SessionOptions) {
    this.#options = options;
    const { channel = 0, addressing = "level", ceiling = "fullAes", account } = options;
    this.#codec = new BaichuanCodec(options.maxBody);
    const send = (message: BcMessage) => void this.#output.push(this.#codec.encode(message));
    this.#exchange = new Exchange(addressing, this.#numbers, send);
    this.#previews = new Previews(this.#exchange, this.#numbers, channel);
    this.#snapshots = new Snapshots(this.#exchange, channel);
    this.#mover = new PtzMover(this.#exchange, channel);
    this.#talk = new TalkLine(this.#exchange, this.#numbers, channel);
    this.#watch = new EventWatch(this.#exchange);
    this.#handshake = new Handshake(now, {
      user: account.user,
      password: account.password,
      ceiling,
      channel: channelByte(addressing, LOGIN.scope, channel),
      num: this.#numbers.take(),
      cipher: this.#codec.cipher,
      send,
    });
  }

  /** The cipher agreed on. */
  get mode(): CipherMode {
    return this.#codec.cipher.mode;
  }

  /** How long the camera took to answer the last ping. */
  get roundTrip(): Duration | undefined {
    return this.#heartbeat?.roundTrip;
  }

  get counters(): BaichuanCounters {
    const missedPings = this.#heartbeat?.missedInAll ?? 0;
    return { ...this.#codec.counters, ...this.#counters, missedPings };
  }

  /** Bytes came from the camera; the array is handed over. Never throws on what they are. */
  receive(now: Instant, bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#heartbeat?.heard(now);
    this.#codec.push(bytes);
    try {
      for (let next = this.#codec.next(now); next !== undefined; next = this.#codec.next(now)) {
        this.#handle(now, next);
        if (this.#isClosed()) return;
      }
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#end(now, "protocol", error.message);
    }
  }

  /** The camera has closed the connection, or it broke. */
  receiveEnd(now: Instant, detail = "the camera closed the connection"): void {
    this.#end(now, "peer", detail);
  }

  handleTimeout(now: Instant): void {
    if (this.#state === "closed") return;
    if (this.#state === "login") return this.#onLogin(now, this.#handshake.handleTimeout(now));
    this.#exchange.handleTimeout(now);
    this.#snapshots.handleTimeout(now);
    this.#mover.handleTimeout(now);
    this.#talk.handleTimeout(now);
    this.#tellOfSpace();
    this.#watch.handleTimeout(now);
    this.#heartbeat?.handleTimeout(now);
    if (this.#heartbeat?.isDead) this.#end(now, "timeout", "the camera answers no more");
    for (const timer of this.#timers.takeDue(now)) {
      if (timer === "stops") this.#logOut(now);
      else this.#end(now, "local", "closed");
    }
  }

  /** Asks the camera for something. */
  request<Request, Reply>(
    now: Instant,
    command: Command<Request, Reply>,
    value: Request,
    onDone: Done<Reply>,
  ): void {
    if (this.#isOpen(now, onDone)) this.#exchange.ask(now, command, value, onDone);
  }

  /** Has a stream sent, as `media` from then on. Done once the camera has agreed. */
  startPreview(now: Instant, kind: StreamKind, onDone: Done<unknown>): void {
    if (!this.#isOpen(now, onDone)) return;
    // Status 400 means "not yet" of a stream there is, and "never" of one there is not.
    this.#previews.start(now, kind, this.#isOffered(kind) ? undefined : 0, onDone);
  }

  /** Has a stream ended; nothing of it comes from now on. Done once the camera has agreed. */
  stopPreview(now: Instant, kind: StreamKind, onDone: Done<unknown>): void {
    if (this.#isOpen(now, onDone)) this.#previews.stop(now, kind, onDone);
  }

  /** Takes a picture: a JPEG. */
  snapshot(now: Instant, stream: "main" | "sub", onDone: Done<Uint8Array>): void {
    if (this.#isOpen(now, onDone)) this.#snapshots.take(now, stream, onDone);
  }

  /** Moves the camera for a while. Throws `RangeError` where that is too long. */
  movePtz(now: Instant, move: Move, onDone: Done<unknown>): void {
    if (this.#isOpen(now, onDone)) this.#mover.move(now, move, onDone);
  }

  /** Stops the camera's movement. */
  stopPtz(now: Instant, onDone: Done<unknown>): void {
    if (this.#isOpen(now, onDone)) this.#mover.stop(now, onDone);
  }

  /** Has the camera report what it sees, until the end. Keeps a battery camera awake. */
  watchEvents(now: Instant, onDone: Done<unknown>): void {
    if (this.#isOpen(now, onDone)) this.#watch.watch(now, onDone);
  }

  /** Opens the camera's loudspeaker. */
  openTalk(now: Instant, onDone: Done<AudioConfig>): void {
    if (this.#isOpen(now, onDone)) this.#talk.open(now, onDone);
  }

  /**
   * Has the camera play a block, encoded as `openTalk()` has told. False where it has to wait for
   * `talkWritable`, or the talk is over.
   */
  writeTalk(now: Instant, block: AdpcmFrame): boolean {
    return this.#state === "open" && this.#talk.write(now, block);
  }

  /** Ends the talk once all was played. */
  endTalk(now: Instant, onDone: Done<unknown>): void {
    if (this.#isOpen(now, onDone)) this.#talk.end(now, onDone);
  }

  /**
   * Says goodbye: streams and movements are stopped, for battery cameras would go on with them, and
   * `closed` comes once the camera has agreed, or within a second.
   */
  close(now: Instant): void {
    if (this.#state === "login") return this.#end(now, "local", "closed");
    if (this.#state !== "open") return;
    this.#state = "leaving";
    this.#timers.set("stops", now + STOPS_TIMEOUT);
    this.#timers.set("leave", now + LEAVE_TIMEOUT);
    this.#exchange.clearWaiting(now);
    this.#stopsPending = 1;
    for (const kind of this.#previews.kinds) {
      this.#previews.stop(now, kind, this.#countStop());
    }
    if (this.#mover.isMoving) this.#mover.stop(now, this.#countStop());
    if (this.#talk.isOpen) this.#talk.cutOff(now, this.#countStop());
    this.#onStopped(now);
  }

  /** The next bytes for the camera. */
  pollWrite(): Uint8Array | undefined {
    return this.#output.shift();
  }

  pollEvent(): BaichuanEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    if (this.#state === "closed") return undefined;
    if (this.#state === "login") return this.#handshake.pollTimeout();
    return earliest(
      this.#exchange.pollTimeout(),
      this.#snapshots.pollTimeout(),
      this.#mover.pollTimeout(),
      this.#talk.pollTimeout(),
      this.#watch.pollTimeout(),
      this.#heartbeat?.pollTimeout(),
      this.#timers.next(),
    );
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #isOpen(now: Instant, onDone: Done<never>): boolean {
    if (this.#state === "open") return true;
    const detail = this.#state === "login" ? "the login is not over" : "the connection is closed";
    onDone(failed("closed", detail), now);
    return false;
  }

  #isOffered(kind: StreamKind): boolean {
    const tables = this.#streams.flatMap((stream) => stream.tables);
    return tables.length === 0 || tables.some(({ type }) => type === STREAMS[kind].type);
  }

  #handle(now: Instant, message: BcMessage): void {
    const { id } = message.header;
    if (id === KEEP_ALIVE_ID) this.#answerKeepAlive(message);
    else if (this.#state === "login") this.#onLogin(now, this.#handshake.handle(now, message));
    else if (id === START_PREVIEW.id) this.#handleMedia(now, message);
    else if (!this.#isExpected(now, message)) this.#handlePush(now, message);
  }

  #isExpected(now: Instant, message: BcMessage): boolean {
    return this.#snapshots.handle(now, message) || this.#exchange.handle(now, message) ||
      message.header.id === TALK_DATA.id;
  }

  #answerKeepAlive({ header }: BcMessage): void {
    this.#counters.keepAlives++;
    if (this.#output.length >= MAX_WAITING_ANSWERS) return;
    this.#output.push(this.#codec.encode(keepAliveAnswer(header)));
  }

  /** The answer to a start is of the same kind as the media, and may have some in it. */
  #handleMedia(now: Instant, message: BcMessage): void {
    const isAnswer = this.#exchange.handle(now, message);
    const event = this.#previews.handle(message);
    if (event === undefined && !isAnswer) this.#counters.strayMessages++;
    if (event !== undefined && event !== "nothing") this.#events.push(event);
  }

  #handlePush(now: Instant, message: BcMessage): void {
    const { id } = message.header;
    if (!isPush(id)) {
      this.#counters.strayMessages++;
      return;
    }
    if (id === ALARM_EVENTS.id) this.#watch.heard(now);
    const event = readPush(message);
    if (event === undefined) this.#counters.badPushes++;
    else this.#events.push(event);
  }

  #onLogin(now: Instant, result: HandshakeResult | undefined): void {
    if (result === undefined) return;
    if (result.type === "out") return this.#close(now, result.end);
    this.#state = "open";
    this.#streams = result.reply.streams ?? [];
    this.#heartbeat = new Heartbeat(now, this.#exchange);
    this.#events.push({ type: "loggedIn", mode: this.mode, ...result.reply });
  }

  #tellOfSpace(): void {
    if (this.#talk.takeSpace()) this.#events.push({ type: "talkWritable" });
  }

  #countStop(): Done<unknown> {
    this.#stopsPending++;
    return (_, at) => this.#onStopped(at);
  }

  #onStopped(now: Instant): void {
    this.#stopsPending--;
    if (this.#stopsPending === 0 && this.#timers.isSet("stops")) this.#logOut(now);
  }

  /**
   * The goodbye has the password in the clear, so only sessions whose cipher hides it say it; the
   * others just end, which cameras cope with. [observed]
   */
  #logOut(now: Instant): void {
    this.#timers.clear("stops");
    const { user, password } = this.#options.account;
    const isHidden = this.mode === "aes" || this.mode === "fullAes";
    if (!isHidden || password === undefined) return this.#end(now, "local", "closed");
    const request = { userName: user, password: password.reveal() };
    const onDone: Done<unknown> = (_, at) => this.#end(at, "local", "closed");
    this.#exchange.ask(now, LOGOUT, request, onDone, { isUrgent: true });
  }

  #end(now: Instant, reason: CloseReason, detail: string): void {
    const stage = this.#state === "login" ? "login" : "session";
    this.#close(now, { reason, stage, detail, advice: "" });
  }

  #close(now: Instant, end: TunnelEnd): void {
    if (this.#state === "closed") return;
    // Whatever happens after our goodbye, it was we who left.
    const reason = this.#state === "leaving" ? "local" : end.reason;
    this.#state = "closed";
    this.#timers.clearAll();
    this.#snapshots.close(now, end.detail);
    this.#mover.close(now, end.detail);
    this.#talk.close(now, end.detail);
    this.#exchange.close(now, end.detail);
    this.#events.push({ type: "closed", ...end, reason });
  }
}
