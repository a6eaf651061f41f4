/** A piece of a stream as one datagram brought it. */
export interface TapePiece {
  /** Where in the stream it begins. */
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** No recording of one stream is longer. */
const MAX_TAPE = 64 << 20;

/**
 * One direction of a stream put together from the pieces that came, in whatever order and however
 * often. It is changed as a whole, and handed out again in the same pieces.
 */
export class StreamTape {
  readonly bytes: Uint8Array;
  /** Where pieces begin and end as far as there is no hole, each once and in order. */
  readonly runs: readonly (readonly [from: number, to: number])[];

  constructor(pieces: readonly TapePiece[]) {
    const sorted = pieces.filter(({ at, bytes }) => at >= 0 && at + bytes.byteLength <= MAX_TAPE)
      .sort((a, b) => a.at - b.at);
    const runs: (readonly [number, number])[] = [];
    let end = sorted[0]?.at ?? 0;
    for (const { at, bytes } of sorted) {
      if (at > end) break;
      const pieceEnd = at + bytes.byteLength;
      if (pieceEnd > end) runs.push([end, pieceEnd]);
      end = Math.max(end, pieceEnd);
    }
    this.runs = runs;
    this.bytes = new Uint8Array(end);
    for (const { at, bytes } of sorted) {
      if (at < end) this.bytes.set(bytes.subarray(0, end - at), at);
    }
  }

  /** A piece as the stream has it now; zeros behind a hole. */
  take(at: number, length: number): Uint8Array {
    const piece = new Uint8Array(length);
    if (at >= 0) piece.set(this.bytes.subarray(at, at + length));
    return piece;
  }
}
