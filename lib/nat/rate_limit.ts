import type { Instant } from "../machine.ts";

export interface Rate {
  /** How many a second in the long run. */
  readonly perSecond: number;
  /** How many at once after a rest. */
  readonly burst: number;
}

/** Allows `burst` at once and `perSecond` in the long run. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #refilledAt: Instant | undefined;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Takes one token if there is one. */
  take(now: Instant): boolean {
    const elapsed = Math.max(0, now - (this.#refilledAt ?? now));
    this.#refilledAt = now;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + elapsed * this.#rate.perSecond / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** How many sources are remembered; the one idle longest is forgotten. */
export const MAX_SOURCES = 32;

/**
 * Limits what is sent back to strangers, for each of them and for all together, so that nobody can
 * use us to flood somebody else under a forged source.
 */
export class SourceLimiter {
  readonly #perSource: Rate;
  readonly #overall: TokenBucket;
  /** Idle longest first. */
  readonly #sources = new Map<string, TokenBucket>();

  constructor(perSource: Rate, overall: Rate) {
    this.#perSource = perSource;
    this.#overall = new TokenBucket(overall);
  }

  /** Sources remembered. */
  get size(): number {
    return this.#sources.size;
  }

  /** Whether one more datagram may be sent to `source`. */
  allow(now: Instant, source: string): boolean {
    const bucket = this.#sources.get(source) ?? new TokenBucket(this.#perSource);
    this.#sources.delete(source);
    this.#sources.set(source, bucket);
    if (this.#sources.size > MAX_SOURCES) {
      const [oldest] = this.#sources.keys();
      if (oldest !== undefined) this.#sources.delete(oldest);
    }
    return bucket.take(now) && this.#overall.take(now);
  }
}
