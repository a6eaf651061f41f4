import { seqDiff } from "../../bytes/seq.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { decodeSegment, SegmentFlag } from "../../dahua/ptcp/segment.ts";
import type { Duration, Instant } from "../../machine.ts";

/** How late a delayed duplicate of a connect segment may arrive. */
const STALE_AFTER: Duration = 3_000;

/**
 * Tells a client's new conversation from a late copy of an old connect segment.
 *
 * The conversation number is a constant and streams begin at 0, so nothing in a connect segment says
 * which conversation it opens. Its timestamp helps: a copy is not younger than the segments that
 * followed it, and a client that starts over is either younger or was silent for a while.
 */
export class Conversation {
  #firstStamp: number | undefined;
  #lastHeard: Instant = -Infinity;

  /** Notes a datagram of the peer; true when it opens a new conversation on a running one. */
  isRestart(now: Instant, bytes: Uint8Array): boolean {
    const segment = tryDecode(() => decodeSegment(bytes));
    if (segment === undefined) return false;
    const silence = now - this.#lastHeard;
    this.#lastHeard = now;
    if ((segment.flags & SegmentFlag.control) === 0) {
      this.#firstStamp ??= segment.tsval;
      return false;
    }
    if (this.#firstStamp === undefined) return false;
    return silence >= STALE_AFTER || seqDiff(segment.tsval, this.#firstStamp) > 0;
  }
}
