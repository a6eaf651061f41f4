import type { Duration, Instant } from "../../machine.ts";

/** Timestamps start here: a device may take 0 for none. */
const START = 60_000;

/** One report says a device stopped consuming after timestamps above 2³¹ [field]. */
const MASK = 0x7fffffff;

/** The millisecond clock behind `tsval`: monotonic, above zero at first, wrapping in 31 bits. */
export class PtcpClock {
  #epoch: Instant | undefined;

  stamp(now: Instant): number {
    this.#epoch ??= now;
    return (START + Math.floor(now - this.#epoch)) & MASK;
  }

  /** Time since a stamp of ours came into being, or `"future"` for one we cannot have made. */
  elapsedSince(now: Instant, stamp: number): Duration | "future" {
    if (stamp === 0) return 0;
    const elapsed = (this.stamp(now) - stamp) & MASK;
    return stamp > MASK || elapsed > MASK / 2 ? "future" : elapsed;
  }
}
