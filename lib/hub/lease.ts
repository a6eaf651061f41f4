import type { Clock } from "../io/types.ts";
import type { Duration, Instant } from "../machine.ts";

/** The span for which a camera is kept open by order; extended by repeats, never shortened. */
export class Lease {
  readonly #clock: Clock;
  readonly #onEnd: () => void;
  /** Infinite for one that runs until it is ended. */
  #until: Instant | undefined;
  /** The same as time of day, as it was when that was decided. */
  #untilWallClock: number | undefined;
  #cancel = () => {};

  /** @param onEnd Its time is over; not called by `end()`. */
  constructor(clock: Clock, onEnd: () => void) {
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  get isRunning(): boolean {
    return this.#until !== undefined;
  }

  /** When it ends, in milliseconds since 1970; `undefined` for one that runs until it is ended. */
  get until(): number | undefined {
    return this.#until === undefined ? undefined : this.#untilWallClock;
  }

  /** Has it run for so long from now, at least; returns what that changed. */
  extend(duration: Duration = Infinity): "begun" | "extended" | "unchanged" {
    const until = this.#clock.now() + duration;
    if (this.#until !== undefined && this.#until >= until) return "unchanged";
    const change = this.#until === undefined ? "begun" : "extended";
    this.#cancel();
    this.#until = until;
    this.#untilWallClock = until === Infinity ? undefined : this.#clock.wallClock() + duration;
    this.#cancel = until === Infinity ? () => {} : this.#clock.setTimer(duration, () => {
      this.#until = undefined;
      this.#onEnd();
    });
    return change;
  }

  /** Ends it now; returns whether it ran. */
  end(): boolean {
    this.#cancel();
    const ran = this.isRunning;
    this.#until = undefined;
    return ran;
  }
}
