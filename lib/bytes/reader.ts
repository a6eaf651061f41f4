import { DecodeError } from "./decode_error.ts";

/** Reads big-endian and little-endian fields from bytes of a peer, checking every bound. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #offset = 0;

  /** @param what Names the thing being decoded in error texts, e.g. `"PTCP segment"`. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes not yet consumed. */
  get remaining(): number {
    return this.#bytes.byteLength - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  u24(): number {
    const at = this.#advance(3);
    return this.#view.getUint8(at) * 0x10000 + this.#view.getUint16(at + 1);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  u16le(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32le(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** The next `length` bytes, as a view on the borrowed input. Copy what must outlive it. */
  take(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Everything not yet consumed, as a view on the borrowed input. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    if (length > this.remaining) {
      throw new DecodeError(
        `Cannot decode ${this.#what} as it needs ${length} more bytes at offset ${this.#offset}: have ${this.remaining}`,
      );
    }
    const at = this.#offset;
    this.#offset += length;
    return at;
  }
}
