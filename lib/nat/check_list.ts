/**
 * Which of a peer's candidates work, and which of those to use: the check list of RFC 8445 section 6
 * for a single component, without roles. It decides when to check what; what a check looks like on
 * the wire is the owner's business.
 *
 * @module
 */

import { formatEndpoint } from "../endpoint.ts";
import type { Duration, Endpoint, Instant } from "../machine.ts";
import { earliest } from "../timers.ts";
import { type Candidate, comparePreference, isUsable } from "./candidate.ts";

export interface CheckTiming {
  /** Wait between the first and the second check of a candidate. It grows by half each time. */
  readonly firstInterval: Duration;
  /** The longest such wait. */
  readonly maxInterval: Duration;
  /** How long a valid candidate waits for a better one to become valid. */
  readonly grace: Duration;
  /** Without a valid candidate this long after the start, the list fails. */
  readonly deadline: Duration;
  /** How long a nominated candidate is still checked, unless `settle` is called. */
  readonly linger: Duration;
}

export const DEFAULT_CHECK_TIMING: CheckTiming = {
  firstInterval: 200,
  maxInterval: 500,
  grace: 200,
  deadline: 5000,
  linger: 3000,
};

/** The most candidates on a list, those learned from a peer's datagrams included. */
export const MAX_CANDIDATES = 16;

/** What is known of one candidate. */
export interface Check {
  readonly candidate: Candidate;
  /** Checks sent to it. */
  readonly sent: number;
  /** When it became valid, if it did. */
  readonly validAt: Instant | undefined;
  /** Time between a check and its answer; unknown as long as only the peer has asked us. */
  readonly roundTrip: Duration | undefined;
}

/** What came out of a call. */
export type Decision =
  | { readonly type: "nominated"; readonly check: Check }
  | { readonly type: "failed"; readonly checks: readonly Check[] };

interface Entry {
  readonly candidate: Candidate;
  sent: number;
  interval: Duration;
  dueAt: Instant;
  validAt: Instant | undefined;
  roundTrip: Duration | undefined;
}

type State =
  | { readonly type: "checking" }
  | { readonly type: "nominated"; readonly entry: Entry; readonly until: Instant }
  | { readonly type: "done" };

export class CheckList {
  readonly #timing: CheckTiming;
  readonly #failsAt: Instant;
  readonly #entries = new Map<string, Entry>();
  #state: State = { type: "checking" };

  constructor(now: Instant, timing: CheckTiming = DEFAULT_CHECK_TIMING) {
    this.#timing = timing;
    this.#failsAt = now + timing.deadline;
  }

  /** Every candidate and what is known of it, in the order they were added. */
  get checks(): readonly Check[] {
    return [...this.#entries.values()];
  }

  /** Adds a candidate to be checked at once. False if it is known or unusable, or the list full. */
  add(now: Instant, candidate: Candidate): boolean {
    const key = formatEndpoint(candidate.endpoint);
    const full = this.#entries.size >= MAX_CANDIDATES;
    if (full || this.#entries.has(key) || !isUsable(candidate.endpoint)) return false;
    this.#entries.set(key, {
      candidate,
      sent: 0,
      interval: this.#timing.firstInterval,
      dueAt: now,
      validAt: undefined,
      roundTrip: undefined,
    });
    return true;
  }

  find(endpoint: Endpoint): Check | undefined {
    return this.#entries.get(formatEndpoint(endpoint));
  }

  /** The candidates to check now, better ones first. Counts them as checked. */
  takeDue(now: Instant): Candidate[] {
    const due = this.#active().filter((entry) => entry.dueAt <= now);
    for (const entry of due) {
      entry.sent += 1;
      entry.dueAt = now + entry.interval;
      entry.interval = Math.min(entry.interval * 1.5, this.#timing.maxInterval);
    }
    return due.map(({ candidate }) => candidate).sort(comparePreference);
  }

  /**
   * A datagram of the peer came from a candidate. `roundTrip` is known when it answers a check.
   * Returns the check when its candidate is valid from now on.
   */
  markValid(now: Instant, endpoint: Endpoint, roundTrip?: Duration): Check | undefined {
    const entry = this.#entries.get(formatEndpoint(endpoint));
    if (entry === undefined) return undefined;
    entry.roundTrip ??= roundTrip;
    if (entry.validAt !== undefined) return undefined;
    entry.validAt = now;
    return entry;
  }

  /** What has been decided by now; each decision is given once. Call after every other call. */
  decide(now: Instant): Decision | undefined {
    if (this.#state.type !== "checking") return undefined;
    const [best] = this.#valid();
    if (best !== undefined && now >= this.#nominatesAt(best)) {
      this.#state = { type: "nominated", entry: best, until: now + this.#timing.linger };
      return { type: "nominated", check: best };
    }
    if (best !== undefined || now < this.#failsAt) return undefined;
    this.#state = { type: "done" };
    return { type: "failed", checks: this.checks };
  }

  /** Ends all checks: the nominated candidate works, or nobody needs one any more. */
  settle(): void {
    this.#state = { type: "done" };
  }

  /** When to call `takeDue` and `decide` next, or `undefined` for never. */
  pollTimeout(): Instant | undefined {
    const instants = this.#active().map(({ dueAt }) => dueAt);
    if (this.#state.type === "checking") {
      const [best] = this.#valid();
      instants.push(best === undefined ? this.#failsAt : this.#nominatesAt(best));
    }
    return earliest(...instants);
  }

  /** Entries still being checked. */
  #active(): readonly Entry[] {
    if (this.#state.type === "checking") return [...this.#entries.values()];
    if (this.#state.type === "done") return [];
    const { entry, until } = this.#state;
    return entry.dueAt < until ? [entry] : [];
  }

  /** Valid entries, the best first: by kind, then the one that was valid first. */
  #valid(): readonly Entry[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.validAt !== undefined)
      .sort((a, b) =>
        comparePreference(a.candidate, b.candidate) || (a.validAt ?? 0) - (b.validAt ?? 0)
      );
  }

  #nominatesAt(best: Entry): Instant {
    const validAt = best.validAt ?? 0;
    const hasRival = [...this.#entries.values()].some((entry) =>
      comparePreference(entry.candidate, best.candidate) < 0
    );
    return hasRival ? validAt + this.#timing.grace : validAt;
  }
}
