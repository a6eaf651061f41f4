import type { Duration, Instant } from "../../machine.ts";

const SPAN: Duration = 5_000;

/** The share of datagrams lost of late: over the last five to ten seconds in which any were noted. */
export class LossMeter {
  #since: Instant = -Infinity;
  #current = { total: 0, lost: 0 };
  #previous = { total: 0, lost: 0 };

  /** Notes a number of datagrams, and how many of them were lost. */
  note(now: Instant, total: number, lost: number): void {
    if (now - this.#since >= SPAN) {
      this.#previous = this.#current;
      this.#current = { total: 0, lost: 0 };
      this.#since = now;
    }
    this.#current.total += total;
    this.#current.lost += lost;
  }

  /** From 0 to 1; 0 before anything was noted. */
  get ratio(): number {
    const total = this.#current.total + this.#previous.total;
    const lost = this.#current.lost + this.#previous.lost;
    return total === 0 ? 0 : Math.min(1, lost / total);
  }
}
