import { sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Entropy, Instant } from "../../machine.ts";
import type { Conn, MessageOf, SignalingMessage } from "../../reolink/signaling/message.ts";
import { earliest, Timers } from "../../timers.ts";
import { InFlight } from "../in_flight.ts";
import { ownTid } from "./own_tid.ts";

/** How long it waits for an answer while it registers; doubles up to what real ones wait [observed]. */
const FIRST_RETRY: Duration = 1_000;
const MAX_RETRY: Duration = 20_000;

/** How often it shows itself while it has nothing to do: often enough for NATs of real homes. */
const HEARTBEAT_EVERY: Duration = 10_000;

/** Heartbeats without an answer after which it registers again. */
const MAX_UNANSWERED = 6;

/** When it answers the register that wants it, after it was first asked [observed]. */
const ANSWERS_AT: readonly Duration[] = [0, 500, 1_500];

/** How often it tells of a session's end until that is confirmed. */
const GOODBYE_EVERY: Duration = 1_000;
const GOODBYES = 5;

/** Answers and goodbyes waiting at once; more are dropped. */
const MAX_TASKS = 256;

/** Revision of the protocol, as cameras write it [observed]. */
const REVISION = 3;

export interface AgentOptions {
  /** As reported to the cloud: longer than the one printed. */
  readonly longUid: string;
  /** Its own address, as bound. */
  readonly local: Endpoint;
  readonly middleman: Endpoint;
  readonly entropy: Entropy;
  readonly send: (to: Endpoint, tid: number, message: SignalingMessage) => void;
  /** The cloud knows it. */
  readonly onRegistered: (now: Instant) => void;
  /** The cloud does not know it any more: it is to start again. */
  readonly onForgotten: (now: Instant) => void;
  /** The register has a client for it; comes several times for each. */
  readonly onCall: (now: Instant, call: MessageOf<"R2D_C">) => void;
}

/** How a session went. */
export interface SessionReport {
  readonly sid: number;
  readonly did: number;
  readonly conn: Conn;
  readonly setup: Duration;
  readonly length: Duration;
}

type AgentTimer =
  /** Asks again for what was not answered. */
  | "retry"
  | "heartbeat";

/** Something to tell the register at a later time. */
interface Task {
  readonly message: SignalingMessage;
  readonly tid: number;
  /** Told of a session's end, the register confirms it; then it is not told again. */
  readonly untilConfirmed: number | undefined;
}

/** The camera's side of its dealings with the cloud. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #timers = new Timers<AgentTimer>();
  readonly #tasks = new InFlight<Task>(MAX_TASKS);
  /** Sessions whose end the register has confirmed, or never will. */
  readonly #unconfirmed = new Set<number>();
  #middlemanTid = 0;
  #directions: MessageOf<"M2D_Q_R"> | undefined;
  #registered = false;
  #retryAfter = FIRST_RETRY;
  #unanswered = 0;
  /** The call it answers at present. */
  #call: number | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  /** Begins to register, from the beginning. */
  start(now: Instant): void {
    this.stop();
    this.#retryAfter = FIRST_RETRY;
    this.#middlemanTid = ownTid(this.#options.entropy);
    this.#ask(now);
  }

  /** Says nothing any more. */
  stop(): void {
    this.#timers.clearAll();
    this.#unconfirmed.clear();
    while (this.#tasks.takeDue(Infinity) !== undefined);
    this.#directions = undefined;
    this.#registered = false;
    this.#call = undefined;
  }

  /** The register it was sent to. */
  get register(): Endpoint | undefined {
    return this.#directions?.reg;
  }

  handleMessage(now: Instant, from: Endpoint, message: SignalingMessage): void {
    if (message.type === "M2D_Q_R") return this.#handleDirections(now, from, message);
    const register = this.register;
    if (register === undefined || !sameEndpoint(from, register)) return;
    switch (message.type) {
      case "R2D_R_R":
        return this.#handleRegistered(now, message);
      case "R2D_HB_R":
        this.#unanswered = 0;
        return;
      case "R2D_C":
        return this.#handleCall(now, message);
      case "R2D_DC_R":
        this.#unconfirmed.delete(message.sid);
        return;
      default:
        return;
    }
  }

  /** Tells the register of a session's end. */
  report(now: Instant, { sid, did, conn, setup, length }: SessionReport): void {
    const time = { query: 0, setup: Math.round(setup), conn: Math.round(length) };
    const message = { type: "D2R_DISC", sid, time, conn, rsp: 0, did, send: {}, recv: {} } as const;
    const tid = ownTid(this.#options.entropy);
    this.#unconfirmed.add(sid);
    for (let i = 0; i < GOODBYES; i++) {
      this.#tasks.push(now + i * GOODBYE_EVERY, { message, tid, untilConfirmed: sid });
    }
    this.handleTimeout(now);
  }

  handleTimeout(now: Instant): void {
    for (const timer of this.#timers.takeDue(now)) {
      if (timer === "heartbeat") this.#beat(now);
      else this.#ask(now);
    }
    for (let task = this.#tasks.takeDue(now); task !== undefined; task = this.#tasks.takeDue(now)) {
      const { message, tid, untilConfirmed } = task;
      if (untilConfirmed !== undefined && !this.#unconfirmed.has(untilConfirmed)) continue;
      if (this.register !== undefined) this.#options.send(this.register, tid, message);
    }
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#timers.next(), this.#tasks.next);
  }

  /** Asks the middleman where to go, or the register to be let in. */
  #ask(now: Instant): void {
    const { longUid: uid, middleman, send } = this.#options;
    const directions = this.#directions;
    if (directions === undefined) {
      send(middleman, this.#middlemanTid, { type: "D2M_Q", uid, r: REVISION });
    } else {
      const { token, reg } = directions;
      send(reg, this.#middlemanTid, { type: "D2R_R", uid, token, r: REVISION });
    }
    this.#timers.set("retry", now + this.#retryAfter);
    this.#retryAfter = Math.min(2 * this.#retryAfter, MAX_RETRY);
  }

  #handleDirections(now: Instant, from: Endpoint, directions: MessageOf<"M2D_Q_R">): void {
    const isAwaited = this.#timers.isSet("retry") && this.#directions === undefined;
    if (!isAwaited || !sameEndpoint(from, this.#options.middleman) || directions.rsp !== 0) return;
    this.#directions = directions;
    this.#retryAfter = FIRST_RETRY;
    this.#ask(now);
  }

  #handleRegistered(now: Instant, { ac }: MessageOf<"R2D_R_R">): void {
    if (this.#registered) return;
    if (ac !== this.#directions?.ac) {
      this.start(now);
      return;
    }
    this.#registered = true;
    this.#unanswered = 0;
    this.#timers.clear("retry");
    this.#beat(now);
    this.#options.onRegistered(now);
  }

  #beat(now: Instant): void {
    const { longUid: uid, local: dev, entropy, send, onForgotten } = this.#options;
    if (this.#directions === undefined) return;
    if (this.#unanswered >= MAX_UNANSWERED) return onForgotten(now);
    const { reg, token } = this.#directions;
    this.#unanswered += 1;
    send(reg, ownTid(entropy), { type: "D2R_HB", uid, dev, needrsp: 1, token });
    this.#timers.set("heartbeat", now + HEARTBEAT_EVERY);
  }

  #handleCall(now: Instant, call: MessageOf<"R2D_C">): void {
    if (!this.#registered) return;
    const { sid } = call;
    if (sid !== this.#call) {
      this.#call = sid;
      const { local: dev, entropy } = this.#options;
      const tid = ownTid(entropy);
      for (const delay of ANSWERS_AT) {
        const message = { type: "D2R_C_R", sid, dev, rsp: 0 } as const;
        this.#tasks.push(now + delay, { message, tid, untilConfirmed: undefined });
      }
    }
    this.#options.onCall(now, call);
    this.handleTimeout(now);
  }
}
