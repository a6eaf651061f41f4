/** Writes big-endian and little-endian fields into a buffer whose size is known beforehand. */
export class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#advance(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#advance(2), value);
    return this;
  }

  u24(value: number): this {
    const at = this.#advance(3);
    this.#view.setUint8(at, value >>> 16);
    this.#view.setUint16(at + 1, value & 0xffff);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#advance(4), value);
    return this;
  }

  u16le(value: number): this {
    this.#view.setUint16(this.#advance(2), value, true);
    return this;
  }

  u32le(value: number): this {
    this.#view.setUint32(this.#advance(4), value, true);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#bytes.set(value, this.#advance(value.byteLength));
    return this;
  }

  /** The whole buffer. Throws unless every byte was written, since a gap is our bug. */
  finish(): Uint8Array {
    if (this.#offset !== this.#bytes.byteLength) {
      throw new RangeError(
        `Cannot finish as all ${this.#bytes.byteLength} bytes must be written: wrote ${this.#offset}`,
      );
    }
    return this.#bytes;
  }

  #advance(length: number): number {
    const at = this.#offset;
    this.#offset += length;
    return at;
  }
}
