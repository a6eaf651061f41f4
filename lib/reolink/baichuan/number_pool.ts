const MAX_NUMBER = 0xffff;

/**
 * Hands out request numbers from 1 to 65535 and around again, skipping those in use. 0 is left to
 * what cameras send unasked.
 */
export class NumberPool {
  readonly #inUse = new Set<number>();
  #last = 0;

  /** A number, until it is given back. Few are in use at any time. */
  take(): number {
    do this.#last = this.#last % MAX_NUMBER + 1; while (this.#inUse.has(this.#last));
    this.#inUse.add(this.#last);
    return this.#last;
  }

  release(num: number): void {
    this.#inUse.delete(num);
  }
}
