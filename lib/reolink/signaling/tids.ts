import type { Entropy } from "../../machine.ts";

/**
 * Makes transaction numbers: random, never 0, and no two the same in the life of a machine, so that
 * a reply to an earlier request is never taken for one to a later.
 *
 * They stay below 2¹⁶, as one implementation cannot decrypt with large ones [observed].
 */
export class Tids {
  readonly #entropy: Entropy;
  readonly #used = new Set<number>();

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  next(): number {
    const [high = 0, low = 0] = this.#entropy(2);
    let tid = high * 256 + low;
    // Walks on from what is taken, so that poor randomness cannot hold it up.
    while (tid === 0 || this.#used.has(tid)) tid = (tid + 1) % 0x10000;
    this.#used.add(tid);
    return tid;
  }

  /** Whether it is, or was, one of ours. */
  has(tid: number): boolean {
    return this.#used.has(tid);
  }
}

/** A new `cid`: signed 32 bits, never 0. */
export function makeCid(entropy: Entropy): number {
  const cid = new DataView(entropy(4).slice().buffer).getInt32(0, true);
  return cid === 0 ? 1 : cid;
}
