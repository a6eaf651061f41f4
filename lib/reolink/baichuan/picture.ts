const START = [0xff, 0xd8] as const;
const END = [0xff, 0xd9] as const;

const FIRST_CAPACITY = 65_536;

/** A JPEG that comes in pieces. Pieces are copied, as they may be views on much more. */
export class Picture {
  readonly #maxBytes: number;
  #buffer = new Uint8Array(0);
  #length = 0;
  #isTooLarge = false;

  /** @param maxBytes A longer picture is too large, and its bytes are not kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get byteLength(): number {
    return this.#length;
  }

  /** Whether more came than the limit. */
  get isTooLarge(): boolean {
    return this.#isTooLarge;
  }

  /** Whether it begins as a JPEG does. */
  get hasStart(): boolean {
    return this.#length >= 2 && this.#buffer[0] === START[0] && this.#buffer[1] === START[1];
  }

  /** Whether it ends, for now, as a JPEG does. */
  get hasEnd(): boolean {
    const [end, marker] = this.#buffer.subarray(Math.max(0, this.#length - 2), this.#length);
    return end === END[0] && marker === END[1];
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.byteLength;
    if (length > this.#maxBytes) this.#isTooLarge = true;
    if (this.#isTooLarge) return;
    if (length > this.#buffer.byteLength) {
      const grown = new Uint8Array(Math.max(FIRST_CAPACITY, 2 * length));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** All of it, or its first `length` bytes, in an array of its own. */
  take(length: number = this.#length): Uint8Array {
    return this.#buffer.slice(0, Math.min(length, this.#length));
  }
}
