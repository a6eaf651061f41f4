import { concatBytes } from "../../lib/bytes/bytes.ts";
import type { Rng } from "../../lib/sim/rng.ts";

/** Longer inputs are cut: what matters goes wrong in the first bytes. */
const MAX_LENGTH = 4096;

/** Values that sit at the edges of lengths, counts and signs. */
const EDGES = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff];
const HIGH_EDGES = [0x80000000, 0xfffffffe, 0xffffffff];

/** Makes hostile inputs out of good ones, the same ones for the same seed. */
export class Mutator {
  readonly #rng: Rng;
  readonly #seeds: readonly Uint8Array[];

  /** @param seeds Good inputs; with none, every input is random. */
  constructor(rng: Rng, seeds: readonly Uint8Array[]) {
    this.#rng = rng;
    this.#seeds = seeds;
  }

  /** The next input. Most have one to four faults; some have none, some are nothing but random. */
  next(): Uint8Array {
    const kind = this.#below(20);
    if (kind === 0 || this.#seeds.length === 0) return this.#random(this.#below(2000));
    const seed = this.#pick(this.#seeds);
    return kind === 1 ? seed.slice() : this.mutate(seed);
  }

  /** A copy of `bytes` with one to four faults. */
  mutate(bytes: Uint8Array): Uint8Array {
    let mutated: Uint8Array = bytes.slice();
    for (let faults = 1 + this.#below(4); faults > 0; faults--) mutated = this.#damage(mutated);
    return mutated.subarray(0, MAX_LENGTH);
  }

  /** May write to `bytes`. */
  #damage(bytes: Uint8Array): Uint8Array {
    const at = this.#below(bytes.byteLength + 1);
    const length = 1 + this.#below(this.#below(8) === 0 ? 400 : 8);
    const head = bytes.subarray(0, at);
    switch (this.#below(8)) {
      case 0:
        return this.#flipBit(bytes);
      case 1:
        return this.#overwrite(bytes, at, this.#edge());
      case 2:
        return this.#overwrite(bytes, at, this.#random(length));
      case 3:
        return head.slice();
      case 4:
        return concatBytes([head, this.#random(length), bytes.subarray(at)]);
      case 5:
        return concatBytes([head, bytes.subarray(at + length)]);
      case 6:
        return concatBytes([head, bytes.subarray(at, at + length), bytes.subarray(at)]);
      default: {
        const other = this.#pick(this.#seeds);
        return concatBytes([head, other.subarray(this.#below(other.byteLength + 1))]);
      }
    }
  }

  #flipBit(bytes: Uint8Array): Uint8Array {
    const at = this.#below(Math.max(1, bytes.byteLength));
    if (at < bytes.byteLength) bytes[at] = (bytes[at] ?? 0) ^ (1 << this.#below(8));
    return bytes;
  }

  #overwrite(bytes: Uint8Array, at: number, patch: Uint8Array): Uint8Array {
    bytes.set(patch.subarray(0, bytes.byteLength - at), at);
    return bytes;
  }

  /** A telling number in one, two or four bytes, in either byte order. */
  #edge(): Uint8Array {
    const value = this.#pick(this.#below(4) === 0 ? HIGH_EDGES : EDGES);
    const width = this.#pick([1, 2, 4] as const);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value);
    const patch = bytes.slice(4 - width);
    return this.#below(2) === 0 ? patch : patch.reverse();
  }

  #random(length: number): Uint8Array {
    return this.#rng.entropy(length);
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)];
    if (item === undefined) throw new RangeError("Cannot pick as there must be items: none");
    return item;
  }

  #below(limit: number): number {
    return Math.floor(this.#rng.unit() * limit);
  }
}
