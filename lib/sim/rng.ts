import type { Entropy } from "../machine.ts";

/**
 * A small seeded generator of random numbers, so that a simulated run can be repeated exactly.
 *
 * The algorithm is xoshiro128** (Blackman and Vigna, 2018), its four words filled from the seed by
 * splitmix32. Good for weather, useless for secrets.
 */
export class Rng {
  readonly #state: Uint32Array;

  /** @param seed Any number; its lowest 32 bits count. */
  constructor(seed: number) {
    let mixer = seed >>> 0;
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixer = (mixer + 0x9e3779b9) >>> 0;
      return splitmix(mixer);
    });
  }

  /** An integer from 0 to 2³² - 1. */
  u32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const c2 = c ^ a;
    const d2 = d ^ b;
    this.#state[0] = a ^ d2;
    this.#state[1] = b ^ c2;
    this.#state[2] = c2 ^ (b << 9);
    this.#state[3] = rotate(d2, 11);
    return result;
  }

  /** A number from 0 up to but not including 1. */
  unit(): number {
    return this.u32() / 2 ** 32;
  }

  /** A generator of its own for one part of a run: what one part draws does not move the others. */
  fork(): Rng {
    return new Rng(this.u32());
  }

  /** The generator as the randomness of a machine. */
  readonly entropy: Entropy = (length) => Uint8Array.from({ length }, () => this.u32() >>> 24);
}

function rotate(word: number, count: number): number {
  return (word << count) | (word >>> (32 - count));
}

function splitmix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
