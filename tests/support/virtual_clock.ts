import type { Clock } from "../../lib/io/types.ts";
import type { Duration, Instant } from "../../lib/machine.ts";

interface Timer {
  readonly at: Instant;
  readonly callback: () => void;
}

/** A clock that moves only when told to. Its timers fire in order, each at its own instant. */
export class VirtualClock implements Clock {
  #now: Instant;
  readonly #timers = new Set<Timer>();

  constructor(start: Instant = 5_000) {
    this.#now = start;
  }

  /** Timers set and neither fired nor called off. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): Instant {
    return this.#now;
  }

  wallClock(): number {
    return 1_700_000_000_000 + this.#now;
  }

  setTimer(delay: Duration, callback: () => void): () => void {
    const timer = { at: this.#now + delay, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets `duration` pass. What a callback leaves to promises happens when the test next awaits. */
  pass(duration: Duration): void {
    const end = this.#now + duration;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer);
      timer.callback();
    }
    this.#now = end;
  }

  /** Lets `duration` pass without a timer firing before its end, as on a machine that slept. */
  jump(duration: Duration): void {
    this.#now += duration;
    this.pass(0);
  }

  #next(end: Instant): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

/** Resolves when everything promises had left to do is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
