/** How far ahead a sequence number may be to count as loss (RFC 3550 appendix A.1). */
export const MAX_DROPOUT = 3_000;

/** How far behind a packet may be to count as late and not as a new beginning. */
export const MAX_MISORDER = 100;

/** What a packet is by its number. */
export type SequenceVerdict =
  | { readonly type: "next" }
  /** How many packets before it are missing. */
  | { readonly type: "gap"; readonly lost: number }
  /** It was here before, or comes too late. */
  | { readonly type: "late" }
  /** The sender counts from somewhere else now. */
  | { readonly type: "restart" };

const NEXT: SequenceVerdict = { type: "next" };
const LATE: SequenceVerdict = { type: "late" };
const RESTART: SequenceVerdict = { type: "restart" };

/** Follows the sequence numbers of one stream. */
export class SequenceTracker {
  #last: { readonly ssrc: number; readonly number: number } | undefined;

  track(ssrc: number, number: number): SequenceVerdict {
    const verdict = this.#judge(ssrc, number);
    if (verdict.type !== "late") this.#last = { ssrc, number };
    return verdict;
  }

  #judge(ssrc: number, number: number): SequenceVerdict {
    const last = this.#last;
    if (last === undefined) return NEXT;
    if (last.ssrc !== ssrc) return RESTART;
    const ahead = (number - last.number) & 0xffff;
    if (ahead === 1) return NEXT;
    if (ahead === 0 || ahead >= 0x10000 - MAX_MISORDER) return LATE;
    return ahead < MAX_DROPOUT ? { type: "gap", lost: ahead - 1 } : RESTART;
  }
}
