import { seqAdd, seqDiff } from "../../bytes/seq.ts";

/** Datagrams kept behind a hole. With one more the connection is given up. */
const MAX_HELD = 1_024;

/** Ids further ahead than this cannot come from this connection's sender. */
const MAX_AHEAD = 4_096;

/** Longest bitmap sent: at about 205 cameras hang up [observed]. */
const MAX_BITMAP = 200;

/** Beyond what any network carries in one piece; what was agreed on is 1330. */
const MAX_PAYLOAD_TAKEN = 2_048;

/** Packets kept for a reader, however small they are. */
const MAX_UNREAD = 8_192;

export type Arrival =
  /** Continues the stream, perhaps with more that had waited for it. */
  | "in-order"
  /** Lies behind a hole and is kept. */
  | "out-of-order"
  | "duplicate"
  /** Nobody reads; it is as good as lost. */
  | "refused"
  /** Cannot come from the sender. */
  | "bad"
  /** Too much lies behind the hole. */
  | "overflow";

/** What the sender is told. */
export interface Acknowledgement {
  /** Everything up to this has arrived; `undefined` until the very first packet has. */
  readonly packetId: number | undefined;
  readonly bitmap: Uint8Array;
}

const NO_BITMAP = new Uint8Array(0);

/** The receiving half of a connection: puts packets in order for the reader. */
export class Receiver {
  readonly #buffer: number;
  readonly #held = new Map<number, Uint8Array>();
  readonly #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #want: number;
  /** The packet behind the newest that has arrived. */
  #end: number;
  #started = false;

  constructor(firstPacketId: number, buffer: number) {
    this.#want = firstPacketId;
    this.#end = firstPacketId;
    this.#buffer = buffer;
  }

  /** Bytes in order that nobody has read. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Whether a packet may have been lost, as later ones are here. */
  get hasHole(): boolean {
    return this.#held.size > 0;
  }

  /** Takes a packet; what is kept of it is copied. */
  accept(packetId: number, payload: Uint8Array): Arrival {
    const ahead = seqDiff(packetId, this.#want);
    if (ahead < 0) return this.#started && ahead >= -MAX_AHEAD ? "duplicate" : "bad";
    if (ahead > MAX_AHEAD || payload.byteLength > MAX_PAYLOAD_TAKEN) return "bad";
    if (this.#held.has(packetId)) return "duplicate";
    if (this.#unreadBytes >= this.#buffer || this.#unread.length >= MAX_UNREAD) return "refused";
    if (ahead > 0 && this.#held.size >= MAX_HELD) return "overflow";
    if (seqDiff(packetId, this.#end) >= 0) this.#end = seqAdd(packetId, 1);
    if (ahead > 0) {
      this.#held.set(packetId, payload.slice());
      return "out-of-order";
    }
    this.#deliver(payload.slice());
    this.#deliverHeld();
    return "in-order";
  }

  /** The payload of the next packet. */
  read(): Uint8Array | undefined {
    const bytes = this.#unread.shift();
    this.#unreadBytes -= bytes?.byteLength ?? 0;
    return bytes;
  }

  /**
   * Until the very first packet is there nothing is told of later ones: that is how cameras are
   * spoken to [observed].
   */
  acknowledgement(): Acknowledgement {
    if (!this.#started) return { packetId: undefined, bitmap: NO_BITMAP };
    return { packetId: seqAdd(this.#want, -1), bitmap: this.#bitmap() };
  }

  #bitmap(): Uint8Array {
    if (!this.hasHole) return NO_BITMAP;
    const bitmap = new Uint8Array(Math.min(MAX_BITMAP, seqDiff(this.#end, this.#want)));
    for (let k = 0; k < bitmap.byteLength; k++) {
      if (this.#held.has(seqAdd(this.#want, k))) bitmap[k] = 1;
    }
    return bitmap;
  }

  #deliverHeld(): void {
    for (
      let next = this.#held.get(this.#want);
      next !== undefined;
      next = this.#held.get(this.#want)
    ) {
      this.#held.delete(this.#want);
      this.#deliver(next);
    }
  }

  #deliver(payload: Uint8Array): void {
    this.#started = true;
    this.#want = seqAdd(this.#want, 1);
    if (payload.byteLength === 0) return;
    this.#unread.push(payload);
    this.#unreadBytes += payload.byteLength;
  }
}
