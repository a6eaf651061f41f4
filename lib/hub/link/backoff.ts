import type { Duration, Entropy } from "../../machine.ts";

export interface BackoffLimits {
  readonly first: Duration;
  readonly max: Duration;
}

/** From one second to one minute. */
export const RECONNECT_BACKOFF: BackoffLimits = { first: 1_000, max: 60_000 };

/**
 * Waits between attempts: doubling, and spread by up to a quarter either way, so that many that lost
 * the same server do not come back to it at the same moment.
 */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #entropy: Entropy;
  #failures = 0;

  constructor(limits: BackoffLimits, entropy: Entropy) {
    this.#limits = limits;
    this.#entropy = entropy;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** One more failure: how long to wait now. Never longer than the limit. */
  next(): Duration {
    const wait = Math.min(this.#limits.max, this.#limits.first * 2 ** this.#failures);
    this.#failures += 1;
    const [dice = 0] = this.#entropy(1);
    return Math.min(this.#limits.max, wait * (0.75 + dice / 512));
  }

  reset(): void {
    this.#failures = 0;
  }
}
