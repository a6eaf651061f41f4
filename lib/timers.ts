import type { Instant } from "./machine.ts";

/**
 * The named timers of one machine. `Name` is a union with a sentence for each member; the next
 * timeout of the machine is the smallest instant set.
 */
export class Timers<Name extends string> {
  readonly #at = new Map<Name, Instant>();

  /** Sets a timer, or moves it. */
  set(name: Name, at: Instant): void {
    this.#at.set(name, at);
  }

  clear(name: Name): void {
    this.#at.delete(name);
  }

  clearAll(): void {
    this.#at.clear();
  }

  isSet(name: Name): boolean {
    return this.#at.has(name);
  }

  /** The earliest instant set, or `undefined`. */
  next(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const at of this.#at.values()) {
      if (earliest === undefined || at < earliest) earliest = at;
    }
    return earliest;
  }

  /** Takes one timer that is due off the table, earliest first, or returns `undefined`. */
  takeDue(now: Instant): Name | undefined {
    let due: Name | undefined;
    let dueAt = now;
    for (const [name, at] of this.#at) {
      if (at > dueAt) continue;
      due = name;
      dueAt = at;
    }
    if (due !== undefined) this.#at.delete(due);
    return due;
  }
}
