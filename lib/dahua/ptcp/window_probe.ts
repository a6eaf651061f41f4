import type { Duration, Instant } from "../../machine.ts";

const SILENCE_LIMIT: Duration = 15_000;
const CLOSED_LIMIT: Duration = 60_000;
const MAX_WAIT: Duration = 5_000;

/** What to do about a window that is still closed. */
export type ProbeDecision =
  | { readonly type: "probe"; readonly wait: Duration }
  | { readonly type: "giveUp"; readonly detail: string };

/** Watches a peer's closed window: how long to wait between probes, and when there is no hope. */
export class WindowProbe {
  #closedAt: Instant | undefined;
  #wait: Duration = 0;

  /** The window a segment brought. */
  note(now: Instant, window: number): void {
    this.#closedAt = window > 0 ? undefined : this.#closedAt ?? now;
  }

  /** The wait before the first probe. */
  first(rto: Duration): Duration {
    this.#wait = rto;
    return rto;
  }

  /** A wait is over and the window still closed. */
  decide(now: Instant, lastHeard: Instant): ProbeDecision {
    if (now - lastHeard >= SILENCE_LIMIT) {
      return { type: "giveUp", detail: "the other side closed its window and fell silent" };
    }
    if (now - (this.#closedAt ?? now) >= CLOSED_LIMIT) {
      return { type: "giveUp", detail: "the other side kept its window closed" };
    }
    this.#wait = Math.min(2 * this.#wait, MAX_WAIT);
    return { type: "probe", wait: this.#wait };
  }
}
