import type { Duration, Instant } from "../../machine.ts";
import { PING } from "./commands/ping.ts";
import type { Exchange } from "./exchange.ts";

export const PING_INTERVAL: Duration = 5_000;

/** Pings in a row without a sign of life after which the connection counts as dead. */
export const MAX_MISSED_PINGS = 3;

/**
 * Pings the camera to see whether it is there.
 *
 * Whatever it sends is a sign of life, pictures and refusals included, so cameras that know no pings
 * need no treatment of their own.
 */
export class Heartbeat {
  readonly #exchange: Exchange;
  #nextPing: Instant;
  #lastHeard: Instant;
  #sentAt: Instant | undefined;
  #missed = 0;
  #missedInAll = 0;
  #roundTrip: Duration | undefined;

  constructor(now: Instant, exchange: Exchange) {
    this.#exchange = exchange;
    this.#nextPing = now + PING_INTERVAL;
    this.#lastHeard = now;
  }

  /** How long the last answer took, once there was one. */
  get roundTrip(): Duration | undefined {
    return this.#roundTrip;
  }

  /** Pings without a sign of life until the next. */
  get missedInAll(): number {
    return this.#missedInAll;
  }

  /** Whether the camera is taken for dead. */
  get isDead(): boolean {
    return this.#missed >= MAX_MISSED_PINGS;
  }

  /** Something came from the camera. */
  heard(now: Instant): void {
    this.#lastHeard = now;
  }

  handleTimeout(now: Instant): void {
    if (now < this.#nextPing) return;
    const isMissed = this.#sentAt !== undefined && this.#lastHeard < this.#sentAt;
    this.#missed = isMissed ? this.#missed + 1 : 0;
    if (isMissed) this.#missedInAll++;
    if (this.isDead) return;
    this.#nextPing = now + PING_INTERVAL;
    this.#sentAt = now;
    this.#exchange.ask(now, PING, {}, (outcome, at) => {
      const isAnswer = outcome.type === "done" || outcome.code !== undefined;
      if (isAnswer) this.#roundTrip = at - now;
    }, { timeout: PING_INTERVAL, isUrgent: true });
  }

  pollTimeout(): Instant {
    return this.#nextPing;
  }
}
