import type { Duration } from "../../machine.ts";

/** Early acknowledgements may be this much quicker than the quickest round trip so far. */
const EARLY = 0.9;

/** Smoothed round-trip time (gain of 1/8, as RFC 6298 has it), and the shortest one seen. */
export class RoundTrip {
  #smoothed: Duration | undefined;
  #shortest: Duration = Infinity;
  #latest: Duration = 0;

  get smoothed(): Duration | undefined {
    return this.#smoothed;
  }

  /** `Infinity` before the first sample. */
  get shortest(): Duration {
    return this.#shortest;
  }

  get latest(): Duration {
    return this.#latest;
  }

  sample(rtt: Duration): void {
    this.#latest = rtt;
    this.#shortest = Math.min(this.#shortest, rtt);
    this.#smoothed = this.#smoothed === undefined ? rtt : 0.875 * this.#smoothed + 0.125 * rtt;
  }

  /** Whether what was sent so little ago cannot have been acknowledged by now. */
  isTooEarly(sinceSent: Duration): boolean {
    return sinceSent < EARLY * this.#shortest;
  }
}
