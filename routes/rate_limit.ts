import type { Clock } from "../lib/io/types.ts";
import type { Duration, Instant } from "../lib/machine.ts";
import type { Rate } from "./app_options.ts";

/** Clients remembered; of more, those not heard of for longest are forgotten, and so forgiven. */
export const MAX_CLIENTS = 1_024;

interface Bucket {
  tokens: number;
  at: Instant;
}

/** How much each client may do: a token bucket for each of them. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #clock: Pick<Clock, "now">;
  /** Least recently used first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, clock: Pick<Clock, "now">) {
    this.#rate = rate;
    this.#clock = clock;
  }

  /** Clients remembered now. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one, or says how long until there is one again. */
  take(client: string): Duration | undefined {
    const bucket = this.#refilled(client);
    if (bucket.tokens < 1) return this.#untilOne(bucket);
    bucket.tokens -= 1;
    this.#remember(client, bucket);
    return undefined;
  }

  /** As `take()`, but takes none. */
  check(client: string): Duration | undefined {
    const bucket = this.#refilled(client);
    return bucket.tokens < 1 ? this.#untilOne(bucket) : undefined;
  }

  #untilOne({ tokens }: Bucket): Duration {
    return 1_000 * (1 - tokens) / this.#rate.perSecond;
  }

  #refilled(client: string): Bucket {
    const { perSecond, burst } = this.#rate;
    const now = this.#clock.now();
    const bucket = this.#buckets.get(client) ?? { tokens: burst, at: now };
    const earned = (now - bucket.at) / 1_000 * perSecond;
    return { tokens: Math.min(burst, bucket.tokens + earned), at: now };
  }

  #remember(client: string, bucket: Bucket): void {
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    if (this.#buckets.size <= MAX_CLIENTS) return;
    for (const [oldest] of this.#buckets) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
