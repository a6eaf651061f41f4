import { Reassembly } from "../../bytes/reassembly.ts";
import { seqAdd, seqDiff } from "../../bytes/seq.ts";

/** Pieces kept ahead of a hole. A window of 65535 holds 51 full segments; small ones exist too. */
const MAX_PIECES = 1024;

/** How a segment's body met what was received before. */
export type Arrival =
  /** It continued the stream. */
  | "in-order"
  /** It continued the stream and released pieces that had waited behind a hole. */
  | "filled-hole"
  /** It was old, ahead of a hole, or beyond the window. */
  | "out-of-order";

/**
 * The receiving half of a connection: in-order reassembly and the advertised window.
 *
 * The window falls by every byte accepted in order and rises only in steps of a segment or more,
 * as PseudoTCP's does: one report says a device stalled after seeing the same window value in every
 * segment [field], and stepping keeps its sender from cutting segments small.
 */
export class Receiver {
  readonly #capacity: number;
  readonly #step: number;
  readonly #ahead = new Reassembly(MAX_PIECES);
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #next = 0;
  #window: number;

  /** @param capacity The most bytes held for a reader; the free part of it is advertised. */
  constructor(capacity: number, mss: number) {
    this.#capacity = capacity;
    this.#step = Math.min(Math.floor(capacity / 2), mss);
    this.#window = capacity;
  }

  /** The next stream offset expected: the true acknowledgement. */
  get next(): number {
    return this.#next;
  }

  /** Bytes the peer may send beyond `next`. */
  get window(): number {
    return this.#window;
  }

  /** Bytes in order that nobody has read yet. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Sets where the peer's stream begins, from its connect segment. */
  start(seq: number): void {
    this.#next = seq;
  }

  /** Takes a segment's body in, copying what it keeps. */
  accept(seq: number, body: Uint8Array): Arrival {
    const behind = seqDiff(this.#next, seq);
    if (behind < 0) {
      this.#store(seq, body);
      return "out-of-order";
    }
    if (behind >= body.byteLength) return "out-of-order";
    const fresh = body.subarray(behind);
    if (fresh.byteLength > this.#window) return "out-of-order";
    this.#append(fresh.slice());
    let arrival: Arrival = "in-order";
    for (
      let piece = this.#ahead.takeFrom(this.#next);
      piece !== undefined;
      piece = this.#ahead.takeFrom(this.#next)
    ) {
      this.#append(piece);
      arrival = "filled-hole";
    }
    return arrival;
  }

  /**
   * The next bytes in order; the chunks are the bodies of segments as they came, so that a framer
   * can know where one began. `reopened` says that a closed window has just opened.
   */
  read(): { readonly bytes: Uint8Array; readonly reopened: boolean } | undefined {
    const bytes = this.#unread.shift();
    if (bytes === undefined) return undefined;
    this.#unreadBytes -= bytes.byteLength;
    const free = this.#capacity - this.#unreadBytes;
    if (free - this.#window < this.#step) return { bytes, reopened: false };
    const reopened = this.#window === 0;
    this.#window = free;
    return { bytes, reopened };
  }

  #append(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.byteLength;
    this.#next = seqAdd(this.#next, bytes.byteLength);
    this.#window = Math.max(0, this.#window - bytes.byteLength);
  }

  /**
   * Keeps a piece ahead of a hole, if it lies in the window. One that the window's edge cuts is
   * dropped whole: acknowledging in the middle of a segment trips libjingle's retransmission.
   */
  #store(seq: number, body: Uint8Array): void {
    const end = seqDiff(seq, this.#next) + body.byteLength;
    if (end > this.#window) return;
    this.#ahead.insert(seq, body);
  }
}
