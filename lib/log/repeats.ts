import type { Duration, Instant } from "../machine.ts";

/** How often the same thing is said. */
const INTERVAL: Duration = 600_000;

/** Things kept in mind; the oldest goes first. */
const MAX_KEYS = 256;

/** For the line that tells of it. */
export interface News {
  /** How often it happened since it was told last; left out where it never was. */
  readonly repeats: number | undefined;
}

interface Told {
  readonly at: Instant;
  /** How often it happened since, without a word. */
  repeats: number;
}

/** Tells what is news from what happens again and again, such as a client that never gives up. */
export class Repeats {
  readonly #told = new Map<string, Told>();

  /** Notes that `key` happened; `undefined` where it need not be told. */
  note(key: string, now: Instant): News | undefined {
    const known = this.#told.get(key);
    // Times may be of the wall clock, which may be set back.
    if (known !== undefined && Math.abs(now - known.at) < INTERVAL) {
      known.repeats += 1;
      return undefined;
    }
    this.#told.delete(key);
    this.#told.set(key, { at: now, repeats: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_KEYS && oldest !== undefined) this.#told.delete(oldest);
    return { repeats: known?.repeats || undefined };
  }

  /** Whether nothing was told yet. */
  get isEmpty(): boolean {
    return this.#told.size === 0;
  }

  /** What happens next is news. */
  forget(): void {
    this.#told.clear();
  }
}
