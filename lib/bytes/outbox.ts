/** Bytes that were written and not sent yet: a stream that knows where each write began. */
export class Outbox {
  readonly #writes: Uint8Array[] = [];
  #byteLength = 0;

  /** Bytes queued. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Bytes queued of the oldest write; 0 when nothing is queued. */
  get firstLength(): number {
    return this.#writes[0]?.byteLength ?? 0;
  }

  /** Queues one write; the array is handed over. */
  push(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#writes.push(bytes);
    this.#byteLength += bytes.byteLength;
  }

  /** Takes the next `length` bytes. Throws `RangeError` when fewer are queued. */
  take(length: number): Uint8Array {
    if (length > this.#byteLength) {
      throw new RangeError(`Cannot take ${length} bytes as only ${this.#byteLength} are queued`);
    }
    const first = this.#writes[0];
    if (first !== undefined && first.byteLength === length) {
      this.#writes.shift();
      this.#byteLength -= length;
      return first;
    }
    const piece = new Uint8Array(length);
    for (let at = 0; at < length;) at += this.#moveInto(piece, at);
    return piece;
  }

  /** Moves bytes of the oldest write to `at`; returns how many. */
  #moveInto(piece: Uint8Array, at: number): number {
    const head = this.#writes[0] ?? new Uint8Array(0);
    const part = head.subarray(0, piece.byteLength - at);
    piece.set(part, at);
    if (part.byteLength === head.byteLength) this.#writes.shift();
    else this.#writes[0] = head.subarray(part.byteLength);
    this.#byteLength -= part.byteLength;
    return part.byteLength;
  }
}
