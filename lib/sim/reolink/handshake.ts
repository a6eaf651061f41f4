import { formatEndpoint, sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant } from "../../machine.ts";
import type { Conn, MessageOf, SignalingMessage } from "../../reolink/signaling/message.ts";
import { earliest } from "../../timers.ts";
import { InFlight } from "../in_flight.ts";

/** How often it knocks on each path, and for how long [observed]. */
const KNOCK_EVERY: Duration = 500;
const KNOCK_FOR: Duration = 10_000;

/** How many times a confirmation is sent at most, until data arrives [capture]. */
const CONFIRM_EVERY: Duration = 200;
const CONFIRMATIONS = 5;

/** Confirmations waiting at once; more are dropped. */
const MAX_TASKS = 64;

/** Client endpoints confirmed in one handshake: paths, and what a NAT makes of them. */
const MAX_CONFIRMED = 8;

export interface HandshakeOptions {
  readonly sid: number;
  readonly cid: number;
  readonly did: number;
  /** Of its own knocks. */
  readonly tid: number;
  /** Where the client may be reached, and by what way. */
  readonly paths: readonly { readonly conn: Conn; readonly to: Endpoint }[];
  readonly send: (to: Endpoint, tid: number, message: SignalingMessage) => void;
}

interface Confirmation {
  readonly to: Endpoint;
  readonly tid: number;
  readonly conn: Conn;
}

/**
 * The camera's side of bringing a path about: knocks on all of them at once, which opens its own
 * router, and answers the client's knocks. It ends when data comes, or nobody does.
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  readonly #startedAt: Instant;
  readonly #confirmations = new InFlight<Confirmation>(MAX_TASKS);
  /** Where the client has shown itself, and by what way. */
  readonly #confirmed = new Map<string, Conn>();
  #nextKnock: Instant | undefined;
  #settled = false;

  constructor(now: Instant, options: HandshakeOptions) {
    this.#options = options;
    this.#startedAt = now;
    this.#nextKnock = now;
    this.handleTimeout(now);
  }

  /** When it has lasted so long that nobody will come. */
  get deadline(): Instant {
    return this.#startedAt + KNOCK_FOR;
  }

  /** The way by which the client has shown itself at that endpoint, if it has. */
  connOf(from: Endpoint): Conn | undefined {
    return this.#confirmed.get(formatEndpoint(from)) ?? this.#relayAt(from);
  }

  /** The client knocks, or answers a knock. */
  handleClient(
    now: Instant,
    from: Endpoint,
    tid: number,
    { type, conn }: MessageOf<"C2D_T"> | MessageOf<"C2D_A">,
  ): void {
    const isFirst = this.#confirmed.size === 0;
    const key = formatEndpoint(from);
    if (!this.#confirmed.has(key) && this.#confirmed.size >= MAX_CONFIRMED) return;
    this.#confirmed.set(key, conn);
    // The relay is kept up until data tells which path the client took.
    if (isFirst && conn !== "relay") this.#stopKnocking();
    const repeats = this.#settled ? 1 : CONFIRMATIONS;
    for (let i = 0; i < repeats; i++) {
      this.#confirmations.push(now + i * CONFIRM_EVERY, { to: from, tid, conn });
    }
    if (type === "C2D_T" && conn === "map" && !this.#settled) this.#knock({ conn, to: from });
    this.handleTimeout(now);
  }

  /** Data has come by this way: nothing needs repeating any more. */
  settle(): void {
    this.#settled = true;
    this.#nextKnock = undefined;
    while (this.#confirmations.takeDue(Infinity) !== undefined);
  }

  /** Sends the latest confirmation again, as some cameras do long after. */
  confirmAgain(to: Endpoint, conn: Conn): void {
    this.#confirm({ to, conn, tid: this.#options.tid });
  }

  /** Knocks once on the path in use, as if it had not been answered. */
  knockAgain(to: Endpoint, conn: Conn): void {
    this.#knock({ to, conn });
  }

  handleTimeout(now: Instant): void {
    for (let due = this.#confirmations.takeDue(now); due !== undefined;) {
      this.#confirm(due);
      due = this.#confirmations.takeDue(now);
    }
    if (this.#nextKnock === undefined || this.#nextKnock > now) return;
    for (const path of this.#options.paths) {
      if (this.#confirmed.size === 0 || path.conn === "relay") this.#knock(path);
    }
    const next = now + KNOCK_EVERY;
    this.#nextKnock = next < this.deadline ? next : undefined;
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#confirmations.next, this.#nextKnock);
  }

  #stopKnocking(): void {
    if (!this.#options.paths.some(({ conn }) => conn === "relay")) this.#nextKnock = undefined;
  }

  /** The relay speaks for the client without having been knocked at by it. */
  #relayAt(from: Endpoint): Conn | undefined {
    const { paths } = this.#options;
    const isRelay = paths.some(({ conn, to }) => conn === "relay" && sameEndpoint(to, from));
    return isRelay ? "relay" : undefined;
  }

  #knock({ conn, to }: { readonly conn: Conn; readonly to: Endpoint }): void {
    const { sid, cid, did, tid, send } = this.#options;
    send(to, tid, { type: "D2C_T", sid, conn, cid, did });
  }

  #confirm({ to, tid, conn }: Confirmation): void {
    const { sid, cid, did, send } = this.#options;
    send(to, tid, { type: "D2C_CFM", sid, conn, rsp: 0, cid, did, time_r: 0 });
  }
}
