import { DecodeError } from "../bytes/decode_error.ts";

/** Longest run of zeros in front of an Exp-Golomb code whose value fits 32 bits. */
const MAX_PREFIX = 31;

/** Reads the bits of a parameter set, first bit of each byte first. Throws `DecodeError`. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** @param what Names the thing being decoded in error texts, e.g. `"H.264 SPS"`. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  /** The next `count` bits, at most 32, as a number that is not negative. */
  bits(count: number): number {
    if (this.#at + count > 8 * this.#bytes.byteLength) {
      throw new DecodeError(
        `Cannot decode ${this.#what} as it needs ${count} more bits at bit ${this.#at}: have ${
          8 * this.#bytes.byteLength - this.#at
        }`,
      );
    }
    let value = 0;
    for (const end = this.#at + count; this.#at < end; this.#at++) {
      value = value * 2 + (((this.#bytes[this.#at >>> 3] ?? 0) >>> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  skip(count: number): void {
    for (let left = count; left > 0; left -= 32) this.bits(Math.min(32, left));
  }

  /** `ue(v)`, H.264 section 9.1: as many bits behind the first 1 as zeros stand in front of it. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      if (zeros > MAX_PREFIX) {
        throw new DecodeError(
          `Cannot decode ${this.#what} as a number may have ${MAX_PREFIX} leading zeros: has more`,
        );
      }
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** `se(v)`, H.264 section 9.1.1: 0, 1, -1, 2, -2 and so on. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** A NAL unit without its emulation prevention bytes: each `00 00 03` stands for `00 00`. */
export function withoutEmulation(unit: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(unit.byteLength);
  let length = 0;
  let zeros = 0;
  for (const byte of unit) {
    const isEmulation = zeros >= 2 && byte === 3;
    zeros = byte === 0 ? zeros + 1 : 0;
    if (!isEmulation) bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}
