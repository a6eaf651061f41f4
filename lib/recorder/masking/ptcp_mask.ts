import { Reassembly } from "../../bytes/reassembly.ts";
import { seqAdd, seqDiff } from "../../bytes/seq.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { Framer } from "../../dahua/ptcp/framer.ts";
import { isRetransmitRequest } from "../../dahua/ptcp/retransmit_request.ts";
import { decodeSegment, HEADER_LENGTH, SegmentFlag } from "../../dahua/ptcp/segment.ts";
import { maskAll, MaskedRanges } from "./ranges.ts";
import { beginsRtsp, RtspMask } from "./rtsp_mask.ts";

/** Connections inside a tunnel that are remembered; the oldest is forgotten, and masked then. */
const MAX_REALMS = 256;

const MAX_PIECES = 1024;

/** What a realm carries: RTSP is shown but for its credentials, anything else is not. */
type Realm = { readonly rtsp: RtspMask } | "opaque";

/** Both directions of a PTCP connection, seen from the client's end. */
export class PtcpMask {
  readonly #realms = new Map<number, Realm>();
  readonly #directions = {
    out: new Direction((realm, data) => this.#maskSent(realm, data)),
    in: new Direction((realm, data) => this.#maskReceived(realm, data)),
  };

  /** Masks the credentials of a datagram, in place. */
  mask(direction: "in" | "out", datagram: Uint8Array): void {
    this.#directions[direction].mask(datagram, direction === "in" && this.#isAllRtsp);
  }

  get #isAllRtsp(): boolean {
    if (this.#realms.size === 0) return false;
    return [...this.#realms.values()].every((realm) => realm !== "opaque");
  }

  #maskSent(id: number, data: Uint8Array): void {
    let realm = this.#realms.get(id);
    if (realm === undefined) {
      realm = beginsRtsp(data) ? { rtsp: new RtspMask() } : "opaque";
      this.#realms.set(id, realm);
      const [oldest] = this.#realms.keys();
      if (this.#realms.size > MAX_REALMS && oldest !== undefined) this.#realms.delete(oldest);
    }
    if (realm === "opaque") maskAll(data);
    else realm.rtsp.mask(data);
  }

  /** Of a realm nothing was sent on yet, it is not known what it is. */
  #maskReceived(id: number, data: Uint8Array): void {
    const realm = this.#realms.get(id) ?? "opaque";
    if (realm === "opaque") maskAll(data);
  }
}

class Direction {
  readonly #maskData: (realm: number, data: Uint8Array) => void;
  #ranges = new MaskedRanges();
  #ahead = new Reassembly(MAX_PIECES);
  #framer = new Framer();
  #next: number | undefined;

  constructor(maskData: (realm: number, data: Uint8Array) => void) {
    this.#maskData = maskData;
  }

  /** @param mayShowAhead Whether bytes behind a gap may be shown before what they are is known. */
  mask(datagram: Uint8Array, mayShowAhead: boolean): void {
    const segment = tryDecode(() => decodeSegment(datagram));
    if (segment === undefined) return maskAll(datagram.subarray(HEADER_LENGTH));
    const { seq, body, flags } = segment;
    if (body.byteLength === 0) return;
    if ((flags & SegmentFlag.control) !== 0 && seq === 0) this.#renew();
    // Every stream begins at 0 [lab], so that nothing is taken for its beginning that is not.
    this.#next ??= 0;
    const isRequest = isRetransmitRequest(segment, this.#next, () => this.#framer.atBoundary);
    if (isRequest) return;
    if ((flags & SegmentFlag.control) !== 0) {
      if (seq === this.#next) this.#next = seqAdd(seq, body.byteLength);
      return;
    }
    const ahead = seqDiff(seq, this.#next);
    if (ahead > 0) {
      this.#ahead.insert(seq, body);
      if (!mayShowAhead) maskAll(body);
      return;
    }
    const old = Math.min(-ahead, body.byteLength);
    this.#ranges.apply(seq, body.subarray(0, old), this.#next);
    if (old === body.byteLength) return;
    this.#accept(body.subarray(old));
    for (
      let piece = this.#ahead.takeFrom(this.#next);
      piece !== undefined;
      piece = this.#ahead.takeFrom(this.#next)
    ) this.#accept(piece);
  }

  /**
   * A connect: of a new connection, or again of this one. What follows the latter is ahead of what
   * is expected then, and not shown.
   */
  #renew(): void {
    if ((this.#next ?? 0) === 0) return;
    this.#next = 0;
    this.#ranges = new MaskedRanges();
    this.#ahead = new Reassembly(MAX_PIECES);
    this.#framer = new Framer();
  }

  /** Masks the next bytes of the stream, in place, and remembers what was. */
  #accept(chunk: Uint8Array): void {
    const start = this.#next ?? 0;
    const before = chunk.slice();
    this.#framer.push(chunk);
    for (let next = this.#framer.poll(); next !== undefined; next = this.#framer.poll()) {
      if (next.type !== "data") continue;
      this.#maskData(next.realm, withinChunk(chunk, next.bytes));
    }
    this.#next = seqAdd(start, chunk.byteLength);
    this.#remember(start, before, chunk);
  }

  #remember(start: number, before: Uint8Array, after: Uint8Array): void {
    let from: number | undefined;
    for (let at = 0; at <= after.byteLength; at++) {
      const isMasked = at < after.byteLength && before[at] !== after[at];
      if (isMasked) from ??= at;
      else if (from !== undefined) {
        this.#ranges.add(seqAdd(start, from), seqAdd(start, at));
        from = undefined;
      }
    }
  }
}

/**
 * The part of `chunk` a message's data is. The framer gives a view on it, or on a copy with a header
 * in front of it that had been cut; both end where the chunk ends.
 */
export function withinChunk(chunk: Uint8Array, data: Uint8Array): Uint8Array {
  if (data.buffer === chunk.buffer) return data;
  const behind = data.buffer.byteLength - data.byteOffset - data.byteLength;
  const end = chunk.byteLength - behind;
  return chunk.subarray(Math.max(0, end - data.byteLength), end);
}
