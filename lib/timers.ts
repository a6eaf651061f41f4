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

  /** Takes what is due off the table, earliest first; what is set meanwhile and due comes too. */
  *takeDue(now: Instant): Generator<Name> {
    for (let name = this.#earliestDue(now); name !== undefined; name = this.#earliestDue(now)) {
      this.#at.delete(name);
      yield name;
    }
  }

  #earliestDue(now: Instant): Name | undefined {
    let due: Name | undefined;
    let dueAt = now;
    for (const [name, at] of this.#at) {
      if (at > dueAt) continue;
      due = name;
      dueAt = at;
    }
    return due;
  }
}
