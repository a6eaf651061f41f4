/**
 * - `records`: a segment never holds more than one write, and a write of up to one segment is never
 *   cut while the peer's window has room. Parsers that work per datagram survive this.
 * - `stream`: segments are filled from whatever is queued, as libjingle does.
 */
export type Segmentation = "records" | "stream";

/** Bytes written by the application and not sent yet, handed out in pieces of a segment. */
export class Outbox {
  readonly #segmentation: Segmentation;
  readonly #writes: Uint8Array[] = [];
  #byteLength = 0;

  constructor(segmentation: Segmentation) {
    this.#segmentation = segmentation;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  push(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#writes.push(bytes);
    this.#byteLength += bytes.byteLength;
  }

  /** Length of the next piece of at most `limit` bytes; 0 when nothing is queued. */
  nextLength(limit: number): number {
    const available = this.#segmentation === "stream"
      ? this.#byteLength
      : this.#writes[0]?.byteLength ?? 0;
    return Math.min(limit, available);
  }

  /** Takes the next `length` bytes, which `nextLength` has promised. */
  take(length: number): Uint8Array {
    const first = this.#writes[0];
    if (first !== undefined && first.byteLength === length) {
      this.#writes.shift();
      this.#byteLength -= length;
      return first;
    }
    const piece = new Uint8Array(length);
    let at = 0;
    while (at < length) at += this.#moveInto(piece, at);
    return piece;
  }

  #moveInto(piece: Uint8Array, at: number): number {
    const head = this.#writes[0];
    if (head === undefined) {
      throw new RangeError(`Cannot take ${piece.byteLength} bytes as only ${at} are queued`);
    }
    const part = head.subarray(0, piece.byteLength - at);
    piece.set(part, at);
    if (part.byteLength === head.byteLength) this.#writes.shift();
    else this.#writes[0] = head.subarray(part.byteLength);
    this.#byteLength -= part.byteLength;
    return part.byteLength;
  }
}
