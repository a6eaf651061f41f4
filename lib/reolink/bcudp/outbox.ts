/** Bytes written and not sent yet, as one stream. */
export class Outbox {
  readonly #writes: Uint8Array[] = [];
  /** Bytes of the first write that are taken already. */
  #taken = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  push(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#writes.push(bytes);
    this.#byteLength += bytes.byteLength;
  }

  /** Takes up to `limit` bytes, as few writes as they come from. */
  take(limit: number): Uint8Array {
    const piece = new Uint8Array(Math.min(limit, this.#byteLength));
    for (let at = 0; at < piece.byteLength;) at += this.#moveInto(piece, at);
    return piece;
  }

  #moveInto(piece: Uint8Array, at: number): number {
    const head = this.#writes[0];
    if (head === undefined) throw new RangeError("Cannot take bytes as none are queued");
    const part = head.subarray(this.#taken, this.#taken + piece.byteLength - at);
    piece.set(part, at);
    this.#taken += part.byteLength;
    this.#byteLength -= part.byteLength;
    if (this.#taken < head.byteLength) return part.byteLength;
    this.#writes.shift();
    this.#taken = 0;
    return part.byteLength;
  }
}
