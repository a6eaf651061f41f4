import type { Duration, Instant } from "../../machine.ts";

const PERIOD: Duration = 1_000;

/**
 * The statistic in our acknowledgements: mean gap between the acknowledgements received during the
 * last full second, in microseconds; 0 during the first second. That is what the vendor's own app
 * sends; nothing is known to depend on it [observed].
 */
export class AckLatency {
  #since: Instant | undefined;
  #last: Instant = 0;
  #gaps = 0;
  #sum: Duration = 0;
  #mean = 0;

  note(now: Instant): void {
    if (this.#since === undefined) {
      this.#since = now;
    } else {
      this.#gaps += 1;
      this.#sum += now - this.#last;
    }
    this.#last = now;
    if (now - this.#since < PERIOD) return;
    this.#mean = Math.min(0xffffffff, Math.round(1_000 * this.#sum / Math.max(1, this.#gaps)));
    this.#since = now;
    this.#gaps = 0;
    this.#sum = 0;
  }

  /** Unsigned 32 bits. */
  get microseconds(): number {
    return this.#mean;
  }
}
