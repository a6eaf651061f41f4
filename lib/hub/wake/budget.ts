import type { WakeBudgetConfig } from "../../config/daemon_config.ts";
import type { Duration, Instant } from "../../machine.ts";
import type { Cause } from "../cause.ts";
import { BudgetError } from "../link/link_error.ts";

const HOUR: Duration = 3_600_000;
const DAY: Duration = 24 * HOUR;

/** What a charge says so long after it was told is no reason against a wake any more. */
const CHARGE_HOLDS: Duration = 6 * HOUR;

/** Who asks again so soon does nothing but keep asking. */
const KEEPS_ASKING: Duration = 60_000;

/** The most a configuration may allow in an hour: more wakes need not be remembered. */
const MAX_WAKES = 3_600;

/** Spans of being connected that are kept apart; beyond, the oldest two become one. */
const MAX_SPANS = 512;

/** Askers kept apart; whoever has not asked for longest is forgotten. */
export const MAX_ASKERS = 256;

/** What a battery camera may be woken for where the configuration does not say. */
export const DEFAULT_WAKE_BUDGET: WakeBudgetConfig = {
  wakesPerHour: 12,
  awakePerDay: 2 * HOUR,
  minBattery: 10,
};

/** The same while it is not known whether a camera has a battery. */
export const CAREFUL_WAKE_BUDGET: WakeBudgetConfig = {
  ...DEFAULT_WAKE_BUDGET,
  awakePerDay: undefined,
};

export const NO_WAKE_BUDGET: WakeBudgetConfig = {
  wakesPerHour: undefined,
  awakePerDay: undefined,
  minBattery: undefined,
};

interface Span {
  readonly from: Instant;
  to: Instant;
}

/** One who asks for a camera. */
interface Asker {
  /** When they asked last, or were served last. */
  askedAt: Instant;
  wokeAt: Instant;
  /** Whether they have a reason to wake the camera besides the one they woke it for last. */
  hasReason: boolean;
}

/**
 * How often and how long a battery camera may be connected, which keeps it awake: over the last hour
 * and the last day, whoever asks. Every attempt that may wake it counts, our own retries too.
 *
 * One who does nothing but ask again and again gets the wakes of an hour spread over it, not all of
 * them at its beginning; others are not held up by that, and nor are those who come back later.
 */
export class WakeBudget {
  limits: WakeBudgetConfig;
  #wakes: Instant[] = [];
  #spans: Span[] = [];
  /** In the order in which they asked last. */
  readonly #askers = new Map<string, Asker>();
  #connectedSince: Instant | undefined;
  /** When a connection that broke was a reason to wake the camera anew. */
  #resumedAt: Instant = -Infinity;
  #charge: { readonly percent: number; readonly at: Instant } | undefined;
  #undoWake = () => {};

  constructor(limits: WakeBudgetConfig) {
    this.limits = limits;
  }

  /** Somebody asks: why the camera must not be woken for them now; `undefined` when it may. */
  ask(now: Instant, cause: Cause): BudgetError | undefined {
    const asker = this.#noteAsked(now, cause);
    const refusals = [this.#tooOften(now, asker), this.#tooLong(now), this.#tooEmpty(now)]
      .filter((refusal) => refusal !== undefined);
    return refusals.sort((a, b) => b.retryAfter - a.retryAfter)[0];
  }

  /** How much longer it may be connected; `undefined` for as long as you like. */
  awakeLeft(now: Instant): Duration | undefined {
    const { awakePerDay } = this.limits;
    return awakePerDay === undefined ? undefined : Math.max(0, awakePerDay - this.#awake(now));
  }

  /** It is being connected, and may wake. */
  noteWake(now: Instant, cause: Cause): void {
    this.#forget(now);
    this.#wakes.push(now);
    if (this.#wakes.length > MAX_WAKES) this.#wakes.shift();
    const asker = this.#noteAsked(now, cause);
    const { wokeAt, hasReason } = asker;
    this.#undoWake = () => {
      this.#wakes.pop();
      Object.assign(asker, { wokeAt, hasReason });
    };
    asker.wokeAt = now;
    asker.hasReason = false;
  }

  /** The attempt noted last has failed before anything could wake the camera. */
  takeBackWake(): void {
    this.#undoWake();
    this.#undoWake = () => {};
  }

  noteConnected(now: Instant): void {
    this.#connectedSince ??= now;
  }

  /** @param broke Whether it is not connected any more although it was to be. */
  noteClosed(now: Instant, broke: boolean): void {
    if (this.#connectedSince === undefined) return;
    this.#serveAskers(now, this.#connectedSince, broke && this.#mayResume(now));
    this.#pushSpan({ from: this.#connectedSince, to: now });
    this.#connectedSince = undefined;
  }

  #pushSpan(span: Span): void {
    this.#spans.push(span);
    const [first, second] = this.#spans;
    if (this.#spans.length <= MAX_SPANS || first === undefined || second === undefined) return;
    const length = first.to - first.from + second.to - second.from;
    this.#spans.splice(0, 2, { from: second.to - length, to: second.to });
  }

  /**
   * It was reached beside its own connection since `from`, which kept it awake. What both have
   * together counts once.
   */
  noteVisit(from: Instant, now: Instant): void {
    const to = Math.min(now, this.#connectedSince ?? now);
    if (to > from) this.#pushSpan({ from, to });
  }

  /** What the battery told; nothing while it is being charged. */
  noteCharge(now: Instant, percent: number, charging: boolean): void {
    this.#charge = charging ? undefined : { percent, at: now };
  }

  /** It is another camera now. */
  forgetCharge(): void {
    this.#charge = undefined;
  }

  /** How far apart one who keeps asking has wakes. */
  get #spacing(): Duration {
    const { wakesPerHour } = this.limits;
    return wakesPerHour === undefined ? 0 : HOUR / wakesPerHour;
  }

  #noteAsked(now: Instant, cause: Cause): Asker {
    const key = keyOf(cause);
    const asker = this.#askers.get(key) ?? { askedAt: now, wokeAt: -Infinity, hasReason: true };
    if (now - asker.askedAt > KEEPS_ASKING) asker.hasReason = true;
    asker.askedAt = now;
    this.#askers.delete(key);
    this.#askers.set(key, asker);
    const [oldest] = this.#askers.keys();
    if (this.#askers.size > MAX_ASKERS && oldest !== undefined) this.#askers.delete(oldest);
    return asker;
  }

  /** Those who had the camera until now have not just gone without asking. */
  #serveAskers(now: Instant, since: Instant, mayResume: boolean): void {
    for (const asker of this.#askers.values()) {
      if (Math.max(asker.askedAt, asker.wokeAt) + KEEPS_ASKING < since) continue;
      asker.askedAt = now;
      asker.hasReason ||= mayResume;
    }
  }

  /** A connection that broke may be had back at once, but not time and again. */
  #mayResume(now: Instant): boolean {
    if (now - this.#resumedAt < this.#spacing) return false;
    this.#resumedAt = now;
    return true;
  }

  #tooOften(now: Instant, { wokeAt, hasReason }: Asker): BudgetError | undefined {
    const { wakesPerHour } = this.limits;
    if (wakesPerHour === undefined) return undefined;
    this.#forget(now);
    const oldest = this.#wakes.at(-wakesPerHour);
    if (wakesPerHour === 0 || oldest !== undefined) {
      const detail = `the camera was woken ${this.#wakes.length} times within the last hour`;
      return refuse(
        detail,
        oldest === undefined || wakesPerHour === 0 ? HOUR : oldest + HOUR - now,
      );
    }
    const next = wokeAt + this.#spacing;
    if (hasReason || next <= now) return undefined;
    return refuse("whoever asks woke the camera a moment ago", next - now);
  }

  #tooLong(now: Instant): BudgetError | undefined {
    const { awakePerDay } = this.limits;
    const awake = this.#awake(now);
    if (awakePerDay === undefined || awake < awakePerDay) return undefined;
    const minutes = Math.round(awake / 60_000);
    const detail = `the camera was kept awake for ${minutes} min within the last day`;
    const oldest = this.#spans[0]?.to ?? now;
    return refuse(detail, oldest + DAY - now);
  }

  #tooEmpty(now: Instant): BudgetError | undefined {
    const { minBattery } = this.limits;
    const charge = this.#charge;
    if (minBattery === undefined || charge === undefined || charge.percent >= minBattery) {
      return undefined;
    }
    const left = charge.at + CHARGE_HOLDS - now;
    if (left <= 0) return undefined;
    return refuse(`the camera's battery is at ${charge.percent} %`, left);
  }

  #awake(now: Instant): Duration {
    this.#forget(now);
    const from = now - DAY;
    const past = this.#spans.reduce((sum, span) => sum + span.to - Math.max(span.from, from), 0);
    const since = this.#connectedSince;
    return past + (since === undefined ? 0 : now - Math.max(since, from));
  }

  #forget(now: Instant): void {
    this.#wakes = this.#wakes.filter((at) => at > now - HOUR);
    this.#spans = this.#spans.filter(({ to }) => to > now - DAY);
  }
}

function keyOf({ by, who = "" }: Cause): string {
  return `${by} ${who}`;
}

function refuse(detail: string, retryAfter: Duration): BudgetError {
  const advice = "Wait, or give the camera a larger wake_budget.";
  return new BudgetError(`the wake budget is spent: ${detail}`, advice, Math.max(1, retryAfter));
}
