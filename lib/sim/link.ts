import type { Duration, Instant } from "../machine.ts";
import type { Rng } from "./rng.ts";

/** How one direction of a link treats datagrams. Probabilities lie between 0 and 1. */
export interface LinkOptions {
  /** How long every datagram is under way at least. */
  readonly delay: Duration;
  /** Up to this much is added, evenly spread; the order is kept. */
  readonly jitter: Duration;
  /** Probability that a datagram is lost. */
  readonly loss: number;
  /** Probability that a datagram arrives twice. */
  readonly duplicate: number;
  /** Probability that a datagram is overtaken by those behind it. */
  readonly reorder: number;
  /** How much later an overtaken datagram arrives. */
  readonly reorderDelay: Duration;
  /** Bytes per second, or `undefined` for no limit. */
  readonly rate: number | undefined;
}

/** A link that does nothing at all. */
const PERFECT_LINK: LinkOptions = {
  delay: 0,
  jitter: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderDelay: 15,
  rate: undefined,
};

/** How long a datagram may wait for a slow link before it is dropped, as a full router would. */
export const MAX_QUEUEING: Duration = 200;

/** What became of the datagrams offered to a link. */
export interface LinkCounters {
  offered: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Dropped as the queue in front of a rate limit was full. */
  overflowed: number;
  /** Dropped as the link was down. */
  cut: number;
}

/** One direction of an impaired link: tells when, if ever, a datagram arrives. */
export class Link {
  readonly counters: LinkCounters = {
    offered: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    overflowed: 0,
    cut: 0,
  };
  /** While false, everything offered is dropped; what is under way still arrives. */
  up = true;

  readonly #options: LinkOptions;
  readonly #rng: Rng;
  #freeAt: Instant = -Infinity;
  #lastArrival: Instant = -Infinity;

  constructor(options: Partial<LinkOptions>, rng: Rng) {
    this.#options = { ...PERFECT_LINK, ...options };
    this.#rng = rng;
  }

  /** The instants at which a datagram of `size` bytes offered now arrives: none, one or two. */
  offer(now: Instant, size: number): readonly Instant[] {
    const { delay, jitter, loss, duplicate, reorder, reorderDelay } = this.#options;
    // The same number of draws for every datagram: changing one option moves no other dice.
    const dice = [this.#rng.unit(), this.#rng.unit(), this.#rng.unit(), this.#rng.unit()] as const;
    this.counters.offered += 1;
    if (!this.up) return this.#drop("cut");
    const departure = this.#depart(now, size);
    if (departure === undefined) return this.#drop("overflowed");
    if (dice[0] < loss) return this.#drop("lost");
    const arrival = departure + delay + jitter * dice[1];
    const arrivals = [this.#inOrder(arrival, dice[2] < reorder ? reorderDelay : 0)];
    if (dice[3] < duplicate) {
      this.counters.duplicated += 1;
      arrivals.push(this.#inOrder(arrival, 0));
    }
    return arrivals;
  }

  #drop(counter: keyof LinkCounters): readonly Instant[] {
    this.counters[counter] += 1;
    return [];
  }

  /** When the last byte is on the wire. */
  #depart(now: Instant, size: number): Instant | undefined {
    const { rate } = this.#options;
    if (rate === undefined) return now;
    const start = Math.max(now, this.#freeAt);
    if (start - now > MAX_QUEUEING) return undefined;
    this.#freeAt = start + (size * 1000) / rate;
    return this.#freeAt;
  }

  /** A late datagram does not hold up those behind it: that is what overtaking means. */
  #inOrder(arrival: Instant, late: Duration): Instant {
    if (late > 0) {
      this.counters.reordered += 1;
      return Math.max(arrival, this.#lastArrival) + late;
    }
    this.#lastArrival = Math.max(arrival, this.#lastArrival);
    return this.#lastArrival;
  }
}
