import type { Instant } from "../machine.ts";

interface Entry<Item> {
  readonly at: Instant;
  /** Ties are broken by arrival: a queue of equal instants is first in, first out. */
  readonly order: number;
  readonly item: Item;
}

/** Things that happen at known instants, earliest first: a bounded binary heap. */
export class InFlight<Item> {
  readonly #limit: number;
  readonly #heap: Entry<Item>[] = [];
  #order = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The instant of the earliest item. */
  get next(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** False, and nothing kept, when there is no room. */
  push(at: Instant, item: Item): boolean {
    if (this.#heap.length >= this.#limit) return false;
    const entry = { at, order: this.#order++, item };
    let index = this.#heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !before(entry, parent)) break;
      this.#heap[index] = parent;
      index = above;
    }
    this.#heap[index] = entry;
    return true;
  }

  /** Takes the earliest item that is due. */
  takeDue(now: Instant): Item | undefined {
    const top = this.#heap[0];
    if (top === undefined || top.at > now) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && last !== top) this.#sink(last);
    return top.item;
  }

  /** Puts an entry where the top was and lets it sink to its place. */
  #sink(entry: Entry<Item>): void {
    let index = 0;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      if (left === undefined) break;
      const goRight = right !== undefined && before(right, left);
      const child = goRight ? right : left;
      if (!before(child, entry)) break;
      this.#heap[index] = child;
      index = 2 * index + (goRight ? 2 : 1);
    }
    this.#heap[index] = entry;
  }
}

function before<Item>(a: Entry<Item>, b: Entry<Item>): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}
