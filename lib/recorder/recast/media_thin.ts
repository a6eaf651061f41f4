/**
 * Pictures and sound without content: what tells where they begin, of what kind they are and how to
 * decode them stays; the rest becomes zeros. All in place, and as long as before.
 *
 * @module
 */

import { tryDecode } from "../../bytes/try_decode.ts";
import { paddingOf } from "../../reolink/bcmedia/frame.ts";
import { type FrameHead, readHead } from "../../reolink/bcmedia/head.ts";

export type ThinCodec = "H264" | "H265" | "other";

/** Of a NAL unit: its header, and whether a picture begins with it. */
const NAL_HEAD = 4;

/** Longer ones are none. */
const MAX_PARAMETER_SET = 256;

const PARAMETER_SETS: Readonly<Record<ThinCodec, readonly number[]>> = {
  H264: [7, 8],
  H265: [32, 33, 34],
  other: [],
};

/** Packets that hold several units, or a part of one. */
const AGGREGATION: Readonly<Record<ThinCodec, number>> = { H264: 24, H265: 48, other: -1 };

/** The payload of an RTP packet. */
export function thinRtpPayload(codec: ThinCodec, payload: Uint8Array): void {
  const type = nalType(codec, payload[0] ?? 0);
  if (type !== AGGREGATION[codec]) return thinUnit(codec, payload);
  // RFC 6184 section 5.7.1, RFC 7798 section 4.4.2: behind the header, each unit and its length.
  for (let at = codec === "H264" ? 1 : 2; at + 2 <= payload.byteLength;) {
    const length = (payload[at] ?? 0) << 8 | (payload[at + 1] ?? 0);
    thinUnit(codec, payload.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
}

/** A byte stream of NAL units (Annex B). */
export function thinAnnexB(codec: ThinCodec, bytes: Uint8Array): void {
  let start = afterStartCode(bytes, 0);
  if (start === undefined) return void bytes.fill(0);
  bytes.fill(0, 0, start - 3);
  while (start !== undefined) {
    const next = afterStartCode(bytes, start);
    thinUnit(codec, bytes.subarray(start, next === undefined ? bytes.byteLength : next - 3));
    start = next;
  }
}

/** What messages of a preview carry, all of it together; `starts` are where messages begin. */
export function thinBcMedia(bytes: Uint8Array, starts: readonly number[]): void {
  for (let at = 0; at < bytes.byteLength;) {
    const head = headAt(bytes, at);
    if (head !== undefined) {
      at = thinFrame(bytes, at, head);
      continue;
    }
    // Readers go on where a message begins with a frame.
    const next = starts.find((start) => start > at) ?? bytes.byteLength;
    bytes.fill(0, at, next);
    at = next;
  }
}

/** Returns where the next one begins. */
function thinFrame(bytes: Uint8Array, at: number, head: FrameHead): number {
  const start = at + head.length;
  const end = Math.min(bytes.byteLength, start + head.payloadLength);
  const payload = bytes.subarray(start, end);
  const frame = head.finish(payload);
  if (frame.type === "video") thinAnnexB(frame.codec, payload);
  else if (frame.type === "aac") payload.fill(0, ADTS_HEAD);
  else if (frame.type === "adpcm") payload.fill(0);
  return end + paddingOf(head.size);
}

/** What tells rate, channels and length of an ADTS frame. */
const ADTS_HEAD = 7;

function headAt(bytes: Uint8Array, at: number): FrameHead | undefined {
  return tryDecode(() => readHead(bytes.subarray(at)));
}

function thinUnit(codec: ThinCodec, unit: Uint8Array): void {
  const isSet = PARAMETER_SETS[codec].includes(nalType(codec, unit[0] ?? 0));
  if (!isSet || unit.byteLength > MAX_PARAMETER_SET) unit.fill(0, NAL_HEAD);
}

function nalType(codec: ThinCodec, first: number): number {
  return codec === "H265" ? first >> 1 & 0x3f : first & 0x1f;
}

/** Where the first byte after the next `00 00 01` lies. */
function afterStartCode(bytes: Uint8Array, from: number): number | undefined {
  for (let one = bytes.indexOf(1, from + 2); one !== -1; one = bytes.indexOf(1, one + 1)) {
    if (bytes[one - 1] === 0 && bytes[one - 2] === 0) return one + 1;
  }
  return undefined;
}
