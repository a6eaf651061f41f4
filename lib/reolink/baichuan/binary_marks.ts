import type { Duration, Instant } from "../../machine.ts";

/** How long a mark lives without being used: request numbers are reused. */
export const MARK_LIFETIME: Duration = 5 * 60_000;

/** Marks kept; the one not used for longest goes first. */
export const MAX_MARKS = 256;

/**
 * Which messages carry binary payloads although they do not say so: those whose id and number an
 * earlier one had that did say so.
 *
 * Cameras go by the number alone [observed]. Here the id counts too, or a camera's own messages,
 * which all have number 0, could be taken for media.
 */
export class BinaryMarks {
  /** Instants of last use, the latest last. */
  readonly #marks = new Map<number, Instant>();

  get size(): number {
    return this.#marks.size;
  }

  /** What a message says of itself: whether it and those that follow are binary. */
  set(now: Instant, id: number, num: number, binary: boolean): void {
    const key = keyOf(id, num);
    this.#marks.delete(key);
    if (!binary) return;
    this.#marks.set(key, now);
    if (this.#marks.size <= MAX_MARKS) return;
    for (const oldest of this.#marks.keys()) {
      this.#marks.delete(oldest);
      return;
    }
  }

  /** Whether a message that says nothing is binary. */
  has(now: Instant, id: number, num: number): boolean {
    const key = keyOf(id, num);
    const usedAt = this.#marks.get(key);
    if (usedAt === undefined) return false;
    this.#marks.delete(key);
    if (now - usedAt > MARK_LIFETIME) return false;
    this.#marks.set(key, now);
    return true;
  }
}

function keyOf(id: number, num: number): number {
  return id * 0x10000 + num;
}
