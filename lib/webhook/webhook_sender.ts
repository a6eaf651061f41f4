import type { WebhookConfig } from "../config/daemon_config.ts";
import { Backoff, type BackoffLimits } from "../hub/link/backoff.ts";
import type { HubEvent } from "../hub/hub_event.ts";
import type { PostHttp, PostOutcome } from "../io/http_post.ts";
import type { Clock } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Duration, Entropy } from "../machine.ts";
import { type Delivery, judge, signedMessage } from "./delivery.ts";

/** Events kept for a receiver that is away; then the oldest is dropped. */
export const MAX_QUEUED = 256;

/** Attempts, and age of an event, after which it is given up. */
export const MAX_ATTEMPTS = 12;
export const MAX_AGE: Duration = 3_600_000;

/** How long a receiver may take for its whole answer. */
export const ANSWER_TIMEOUT: Duration = 10_000;

const RETRY_BACKOFF: BackoffLimits = { first: 1_000, max: 300_000 };

/** The longest wait a receiver can ask for. */
const MAX_RETRY_AFTER: Duration = 600_000;

/** How long the last events may take when the daemon ends. */
export const CLOSE_GRACE: Duration = 2_000;

const DELIVERY_ID_BYTES = 16;

export interface SenderOptions {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly post: PostHttp;
  readonly log: Log;
  readonly userAgent: string;
  /** A bug of ours came up. */
  readonly onBug: (error: unknown) => void;
}

export interface WebhookFigures {
  readonly delivered: number;
  /** Given up: refused, tried too often, or too old. */
  readonly failed: number;
  /** Pushed out of a full queue. */
  readonly dropped: number;
  readonly queued: number;
}

/**
 * Brings events to one receiver: one request at a time, in order, each repeated until the receiver
 * has it, refuses it, or its time is over. The log and the figures name no part of the URL but its
 * host, as the rest is often a secret.
 */
export class WebhookSender {
  readonly config: WebhookConfig;
  readonly #options: SenderOptions;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #ending = new AbortController();
  readonly #queue: Delivery[] = [];
  #isTrying = false;
  #isClosing = false;
  #running: Promise<void> | undefined;
  #endWait = () => {};
  #delivered = 0;
  #failed = 0;
  #dropped = 0;
  /** What went wrong since the receiver last took something; told once, and summed up at its end. */
  #trouble = { failed: false, gaveUp: 0, dropped: 0 };

  constructor(config: WebhookConfig, options: SenderOptions) {
    this.config = config;
    this.#options = options;
    this.#log = options.log.with({ webhook: config.url.host });
    this.#backoff = new Backoff(RETRY_BACKOFF, options.entropy);
  }

  get figures(): WebhookFigures {
    return {
      delivered: this.#delivered,
      failed: this.#failed,
      dropped: this.#dropped,
      queued: this.#queue.length,
    };
  }

  /** Sends the event if this receiver wants it. */
  offer(event: HubEvent): void {
    const { events } = this.config;
    if (this.#isClosing || (events.length > 0 && !events.includes(event.type))) return;
    if (this.#queue.length >= MAX_QUEUED) this.#dropOldest();
    const id = this.#options.entropy(DELIVERY_ID_BYTES).toHex();
    this.#queue.push({ id, event, at: this.#options.clock.now(), attempts: 0 });
    this.#running ??= this.#run().catch(this.#options.onBug);
  }

  /** Sends what is left once more, for a moment, and then no more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#endWait();
    const cancel = this.#options.clock.setTimer(CLOSE_GRACE, () => this.#ending.abort());
    await this.#running;
    cancel();
    if (this.#queue.length === 0) return;
    this.#log.warn("webhook: events were not delivered", { events: this.#queue.length });
    this.#failed += this.#queue.length;
    this.#queue.length = 0;
  }

  async #run(): Promise<void> {
    try {
      for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
        if (this.#ending.signal.aborted) return;
        const wait = await this.#try(next);
        if (wait === undefined) continue;
        if (this.#isClosing) return;
        await this.#wait(wait);
      }
    } finally {
      this.#running = undefined;
    }
  }

  /** One attempt; resolves with how long to wait before the next, if this event stays queued. */
  async #try(delivery: Delivery): Promise<Duration | undefined> {
    if (this.#options.clock.now() - delivery.at > MAX_AGE) return this.#giveUp(delivery, "too old");
    delivery.attempts += 1;
    this.#isTrying = true;
    const outcome = await this.#post(delivery);
    this.#isTrying = false;
    const verdict = judge(outcome);
    if (verdict.type === "delivered") return this.#done();
    const { why } = verdict;
    if (verdict.type === "refused") return this.#giveUp(delivery, why);
    if (delivery.attempts >= MAX_ATTEMPTS) return this.#giveUp(delivery, why);
    const wait = Math.max(this.#backoff.next(), askedFor(outcome));
    this.#complain(delivery, why, wait);
    return wait;
  }

  async #post(delivery: Delivery): Promise<PostOutcome> {
    const { clock, post, userAgent } = this.#options;
    const { url, secret } = this.config;
    const tooLate = new AbortController();
    const cancel = clock.setTimer(ANSWER_TIMEOUT, () => tooLate.abort());
    const message = signedMessage(delivery, { secret, wallClock: clock.wallClock(), userAgent });
    const signal = AbortSignal.any([tooLate.signal, this.#ending.signal]);
    const outcome = await post({ url, ...message }, signal);
    cancel();
    const isTooLate = tooLate.signal.aborted && outcome.type === "failed";
    return isTooLate ? { type: "failed", why: "it did not answer in time" } : outcome;
  }

  #wait(delay: Duration): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.setTimer(delay, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  #done(): undefined {
    this.#queue.shift();
    this.#delivered += 1;
    this.#backoff.reset();
    const { failed, gaveUp, dropped } = this.#trouble;
    if (failed) this.#log.info("webhook delivers again", { gaveUp, dropped });
    this.#trouble = { failed: false, gaveUp: 0, dropped: 0 };
  }

  #giveUp({ event, attempts }: Delivery, why: string): undefined {
    this.#queue.shift();
    this.#failed += 1;
    this.#trouble.failed = true;
    this.#trouble.gaveUp += 1;
    const level = this.#trouble.gaveUp === 1 ? "warn" : "debug";
    this.#log[level]("webhook: event given up", { event: event.id, attempts, why });
  }

  #complain({ event, attempts }: Delivery, why: string, wait: Duration): void {
    const level = this.#trouble.failed ? "debug" : "warn";
    this.#trouble.failed = true;
    const retryMs = Math.round(wait);
    this.#log[level]("webhook failed", { event: event.id, attempts, why, retryMs });
  }

  /** The one that is being sent stays: the receiver may have it already. */
  #dropOldest(): void {
    this.#queue.splice(this.#isTrying ? 1 : 0, 1);
    this.#dropped += 1;
    this.#trouble.dropped += 1;
    const level = this.#trouble.dropped === 1 ? "warn" : "debug";
    this.#log[level]("webhook: the queue is full, the oldest event is dropped");
  }
}

function askedFor(outcome: PostOutcome): Duration {
  const asked = outcome.type === "answered" ? outcome.retryAfter ?? 0 : 0;
  return Math.min(asked, MAX_RETRY_AFTER);
}
