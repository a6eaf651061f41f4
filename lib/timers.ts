import type { Instant } from "./machine.ts";

/** The earliest of some instants, where `undefined` stands for never. */
export function earliest(...instants: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const at of instants) {
    if (at !== undefined && (first === undefined || at < first)) first = at;
  }
  return first;
}

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
    return earliest(...this.#at.values());
  }

  /** Takes the timers that are due, earliest first, including those set while it runs. */
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
