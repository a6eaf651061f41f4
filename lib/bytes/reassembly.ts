import { seqAdd, seqDiff } from "./seq.ts";

interface Piece {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/**
 * Holds pieces of a byte stream that arrived ahead of a hole, until the hole is filled.
 *
 * Pieces are kept sorted and never overlap. Capped in count; the byte cap is the caller's window,
 * since it offers nothing beyond it.
 */
export class Reassembly {
  readonly #maxPieces: number;
  readonly #pieces: Piece[] = [];
  #byteLength = 0;

  /** @param maxPieces Pieces beyond this many are refused, so tiny ones cannot eat memory. */
  constructor(maxPieces: number) {
    this.#maxPieces = maxPieces;
  }

  /** Bytes held. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Where the first piece begins. */
  get firstSeq(): number | undefined {
    return this.#pieces[0]?.seq;
  }

  /** Pieces held. */
  get pieceCount(): number {
    return this.#pieces.length;
  }

  /**
   * Stores the parts of `bytes` that are not held yet; what is stored is copied. Returns how many
   * bytes were new to the store.
   */
  insert(seq: number, bytes: Uint8Array): number {
    let stored = 0;
    let at = 0;
    let index = 0;
    while (at < bytes.byteLength) {
      const piece = this.#pieces[index];
      const start = seqAdd(seq, at);
      const gap = piece === undefined ? Infinity : seqDiff(piece.seq, start);
      if (gap > 0) {
        const fresh = bytes.slice(at, Math.min(bytes.byteLength, at + gap));
        if (!this.#add(index, { seq: start, bytes: fresh })) return stored;
        stored += fresh.byteLength;
        at += fresh.byteLength;
        index += 1;
        continue;
      }
      if (piece !== undefined) at = Math.max(at, at + gap + piece.bytes.byteLength);
      index += 1;
    }
    return stored;
  }

  /** Takes the bytes that continue the stream at `seq`, dropping what lies before it. */
  takeFrom(seq: number): Uint8Array | undefined {
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      const behind = seqDiff(seq, piece.seq);
      if (behind < 0) return undefined;
      this.#pieces.shift();
      this.#byteLength -= piece.bytes.byteLength;
      if (behind < piece.bytes.byteLength) return piece.bytes.subarray(behind);
    }
    return undefined;
  }

  #add(index: number, piece: Piece): boolean {
    if (this.#pieces.length >= this.#maxPieces) return false;
    this.#pieces.splice(index, 0, piece);
    this.#byteLength += piece.bytes.byteLength;
    return true;
  }
}
