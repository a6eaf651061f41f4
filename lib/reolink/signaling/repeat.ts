import type { Duration, Endpoint, Instant, Transmit } from "../../machine.ts";
import { encodeSignaling, type SignalingDatagram } from "./datagram.ts";
import type { ReolinkSocket } from "./signaling_options.ts";

/** Every request of the signaling is sent this often, for this long [observed]. */
export const RESEND_EVERY: Duration = 500;
export const RESEND_FOR: Duration = 15_000;

export interface RepeatOptions {
  readonly via: ReolinkSocket;
  readonly to: Endpoint;
  readonly datagram: SignalingDatagram;
  /** How long the first one waits. Default 0: it is due at once. */
  readonly delay?: Duration;
  readonly every?: Duration;
  readonly lasts?: Duration;
  /** Ends it after this many, if they are sent before `lasts` is over. */
  readonly maxSends?: number;
}

/** One datagram that is sent again and again, byte for byte the same, until its time is over. */
export class Repeat {
  readonly to: Endpoint;
  readonly tid: number;
  readonly #via: ReolinkSocket;
  readonly #bytes: Uint8Array;
  readonly #every: Duration;
  readonly #maxSends: number;
  readonly #endsAt: Instant;
  #nextAt: Instant;
  #sends = 0;
  /** Whether its owner has been told by `take()` that its time is over. */
  #isOver = false;

  constructor(now: Instant, options: RepeatOptions) {
    this.to = options.to;
    this.tid = options.datagram.tid;
    this.#via = options.via;
    this.#bytes = encodeSignaling(options.datagram);
    this.#every = options.every ?? RESEND_EVERY;
    this.#maxSends = options.maxSends ?? Infinity;
    this.#nextAt = now + (options.delay ?? 0);
    this.#endsAt = this.#nextAt + (options.lasts ?? RESEND_FOR);
  }

  /** Datagrams sent so far. */
  get sends(): number {
    return this.#sends;
  }

  /** The datagram, if it is due. After a sleep it is due once, not for every time missed. */
  take(now: Instant): Transmit | undefined {
    if (this.hasEnded(now)) {
      this.#isOver = true;
      return undefined;
    }
    if (now < this.#nextAt) return undefined;
    this.#nextAt = now + this.#every;
    this.#sends += 1;
    return { via: this.#via, to: this.to, bytes: this.#bytes.slice() };
  }

  /** Makes the next one due now. */
  hurry(now: Instant): void {
    this.#nextAt = now;
  }

  /** Whether nothing more comes of it. */
  hasEnded(now: Instant): boolean {
    return now >= this.#endsAt || this.#sends >= this.#maxSends;
  }

  /** When to call `take()` next: the datagram is due, or it is over. */
  pollTimeout(): Instant | undefined {
    if (this.#isOver || this.#sends >= this.#maxSends) return undefined;
    return Math.min(this.#nextAt, this.#endsAt);
  }
}
