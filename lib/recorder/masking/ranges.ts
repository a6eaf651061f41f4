import { seqDiff } from "../../bytes/seq.ts";

/** What stands in place of each byte that is not shown. */
const MASK = 0x2a;

/** Puts `*` in place of every byte. */
export function maskAll(bytes: Uint8Array): void {
  bytes.fill(MASK);
}

/** Retransmissions of what lies further back are not believed. */
const MEMORY = 1 << 20;

const MAX_RANGES = 4_096;

/** Which bytes of a stream are not shown, by sequence number; for those that come again. */
export class MaskedRanges {
  readonly #ranges: { readonly from: number; to: number }[] = [];

  add(from: number, to: number): void {
    if (from === to) return;
    const last = this.#ranges.at(-1);
    if (last?.to === from) last.to = to;
    else this.#ranges.push({ from, to });
    if (this.#ranges.length > MAX_RANGES) this.#ranges.shift();
  }

  /** Masks what is to be masked of `bytes`, which lie before `next`. */
  apply(seq: number, bytes: Uint8Array, next: number): void {
    const oldest = this.#ranges[0];
    const isForgotten = this.#ranges.length >= MAX_RANGES && oldest !== undefined &&
      seqDiff(seq, oldest.from) < 0;
    if (isForgotten || seqDiff(next, seq) > MEMORY) return maskAll(bytes);
    for (const { from, to } of this.#ranges) {
      const start = Math.max(0, seqDiff(from, seq));
      const end = Math.min(bytes.byteLength, seqDiff(to, seq));
      if (start < end) maskAll(bytes.subarray(start, end));
    }
  }
}
