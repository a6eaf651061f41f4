import { concatBytes } from "../../bytes/bytes.ts";
import { seqDiff } from "../../bytes/seq.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { Framer } from "../../dahua/ptcp/framer.ts";
import {
  decodeSegment,
  HEADER_LENGTH,
  type Segment,
  SegmentFlag,
} from "../../dahua/ptcp/segment.ts";
import { beginsRtsp } from "../masking/rtsp_mask.ts";
import { withinChunk } from "../masking/ptcp_mask.ts";
import { recastRtsp, type SameLength } from "./rtsp_recast.ts";
import { StreamTape, type TapePiece } from "./stream_tape.ts";

/** A datagram between the two ends of a connection. */
export interface RecastDatagram {
  readonly direction: "in" | "out";
  readonly bytes: Uint8Array;
  /** Only its head was kept. */
  readonly isCut: boolean;
}

interface Placed {
  readonly segment: Segment;
  /** Where in its stream the body begins; none for what is no part of it. */
  readonly at: number | undefined;
}

type Directions<T> = Readonly<Record<"in" | "out", T>>;

/**
 * The datagrams of one PTCP connection without content: RTSP's answers stay readable, without names
 * and pictures; nothing else that realms carry does.
 */
export function recastPtcp(
  datagrams: readonly RecastDatagram[],
  sameLength: SameLength,
): Uint8Array[] {
  const placed = { in: place(datagrams, "in"), out: place(datagrams, "out") };
  const tapes: Directions<Tape> = {
    in: new Tape(placed.in.values()),
    out: new Tape(placed.out.values()),
  };
  for (const [realm, sent] of tapes.out.realms) {
    const isRtsp = beginsRtsp(concatBytes(sent));
    for (const view of sent) view.fill(0);
    const received = tapes.in.realms.get(realm) ?? [];
    tapes.in.realms.delete(realm);
    if (isRtsp) changeAll(received, (bytes) => recastRtsp(bytes, sameLength));
    else for (const view of received) view.fill(0);
  }
  for (const views of tapes.in.realms.values()) for (const view of views) view.fill(0);
  return datagrams.map((datagram) => {
    const { direction, bytes, isCut } = datagram;
    if (isCut) return bytes;
    const one = placed[direction].get(datagram);
    return one === undefined
      ? bytes.subarray(0, HEADER_LENGTH)
      : tapes[direction].rewrite(bytes, one);
  });
}

/** Finds out where in its stream each segment lies. */
function place(
  datagrams: readonly RecastDatagram[],
  direction: "in" | "out",
): ReadonlyMap<RecastDatagram, Placed> {
  const placed = new Map<RecastDatagram, Placed>();
  let base: number | undefined;
  for (const datagram of datagrams) {
    if (datagram.direction !== direction) continue;
    const segment = tryDecode(() => decodeSegment(datagram.bytes));
    if (segment === undefined) continue;
    const isPart = segment.body.byteLength > 0 && !isRequest(segment);
    // A connect comes first, and takes room.
    if (isPart) base ??= segment.seq;
    const isData = isPart && !datagram.isCut && (segment.flags & SegmentFlag.control) === 0;
    const at = isData && base !== undefined ? seqDiff(segment.seq, base) : undefined;
    placed.set(datagram, { segment, at });
  }
  return placed;
}

/** A request to send something again takes no room in the stream, and no message begins like it. */
function isRequest({ body }: Segment): boolean {
  return body.byteLength === 11 && body[0] === 0x0a && body[1] === 0 && body[2] === 8;
}

/** One direction, cut into what each realm carries. */
class Tape {
  /** Views on the stream, in order. */
  readonly realms = new Map<number, Uint8Array[]>();
  readonly #stream: StreamTape;

  constructor(placed: Iterable<Placed>) {
    const pieces: TapePiece[] = [...placed].flatMap(({ at, segment: { body } }) =>
      at === undefined ? [] : [{ at, bytes: body }]
    );
    this.#stream = new StreamTape(pieces);
    const framer = new Framer();
    for (const [from, to] of this.#stream.runs) {
      const chunk = this.#stream.bytes.subarray(from, to);
      framer.push(chunk);
      for (let next = framer.poll(); next !== undefined; next = framer.poll()) {
        if (next.type !== "data") continue;
        const views = this.realms.get(next.realm) ?? [];
        views.push(withinChunk(chunk, next.bytes));
        this.realms.set(next.realm, views);
      }
    }
  }

  rewrite(datagram: Uint8Array, { at, segment }: Placed): Uint8Array {
    if (at === undefined) return datagram;
    const body = this.#stream.take(at, segment.body.byteLength);
    return concatBytes([datagram.subarray(0, HEADER_LENGTH), body]);
  }
}

/** Changes what is in several places as if it were in one. */
export function changeAll(
  views: readonly Uint8Array[],
  change: (bytes: Uint8Array) => void,
): void {
  const whole = concatBytes(views);
  change(whole);
  let at = 0;
  for (const view of views) {
    view.set(whole.subarray(at, at + view.byteLength));
    at += view.byteLength;
  }
}
