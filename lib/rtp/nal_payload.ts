/**
 * What RTP payloads hold of NAL units: whole ones, several, or a piece of one (RFC 6184 for H.264,
 * RFC 7798 for H.265, both without the DON fields of interleaved modes).
 *
 * @module
 */

import { DecodeError } from "../bytes/decode_error.ts";
import { Reader } from "../bytes/reader.ts";
import { concatBytes } from "../bytes/bytes.ts";
import { tryDecode } from "../bytes/try_decode.ts";

/** NAL units one payload may hold. More are refused. */
export const MAX_NAL_UNITS_IN_PAYLOAD = 256;

/** A NAL unit, or a piece of one, in one payload. */
export interface NalPiece {
  /** `nal_unit_type` of the unit. */
  readonly type: number;
  /** Whether the unit begins with this piece. */
  readonly starts: boolean;
  /** Whether the unit ends with this piece. */
  readonly ends: boolean;
  /** Bytes of the unit, one part behind the other; views on the payload but for rebuilt headers. */
  readonly parts: readonly Uint8Array[];
}

/** Reads the pieces of one payload. Throws `DecodeError`. */
export type ReadNalPayload = (payload: Uint8Array) => NalPiece[];

const H264 = { stapA: 24, fuA: 28 } as const;
const H265 = { ap: 48, fu: 49, paci: 50 } as const;

export const readH264Payload: ReadNalPayload = (payload) => {
  const reader = new Reader(payload, "H.264 payload");
  const indicator = reader.u8();
  const type = indicator & 0x1f;
  if (type === H264.stapA) return aggregate(reader, (unit) => (unit[0] ?? 0) & 0x1f);
  if (type === H264.fuA) {
    return fragment(reader, 0x1f, (unitType) => [(indicator & 0xe0) | unitType]);
  }
  if (type === 0 || type > H264.stapA) throw unknownType("H.264", type);
  return [whole(type, payload)];
};

export const readH265Payload: ReadNalPayload = (payload) => {
  const reader = new Reader(payload, "H.265 payload");
  const [first, second] = [reader.u8(), reader.u8()];
  const type = (first >>> 1) & 0x3f;
  if (type === H265.ap) return aggregate(reader, (unit) => ((unit[0] ?? 0) >>> 1) & 0x3f);
  if (type === H265.fu) {
    return fragment(reader, 0x3f, (unitType) => [(first & 0x81) | (unitType << 1), second]);
  }
  if (type >= H265.paci) throw unknownType("H.265", type);
  return [whole(type, payload)];
};

/** The whole NAL units in payloads that follow each other; what is broken or cut off is left out. */
export function joinNalUnits(
  payloads: readonly Uint8Array[],
  read: ReadNalPayload,
): Uint8Array[] {
  const units: Uint8Array[] = [];
  /** Parts of the unit whose end has not come; `undefined` while none is on its way. */
  let parts: Uint8Array[] | undefined;
  for (const payload of payloads) {
    for (const piece of tryDecode(() => read(payload)) ?? []) {
      if (piece.starts) parts = [];
      parts?.push(...piece.parts);
      if (!piece.ends) continue;
      const [only, ...more] = parts ?? [];
      if (only !== undefined) units.push(more.length === 0 ? only : concatBytes([only, ...more]));
      parts = undefined;
    }
  }
  return units;
}

function whole(type: number, unit: Uint8Array): NalPiece {
  return { type, starts: true, ends: true, parts: [unit] };
}

/** STAP-A and AP: 16 bits of length, then the unit, until the end. */
function aggregate(reader: Reader, typeOf: (unit: Uint8Array) => number): NalPiece[] {
  const pieces: NalPiece[] = [];
  while (reader.remaining > 0) {
    const unit = reader.take(reader.u16());
    if (unit.byteLength > 0) pieces.push(whole(typeOf(unit), unit));
    if (pieces.length > MAX_NAL_UNITS_IN_PAYLOAD) {
      throw new DecodeError(
        `Cannot decode payload as it may hold ${MAX_NAL_UNITS_IN_PAYLOAD} NAL units: has more`,
      );
    }
  }
  return pieces;
}

/** FU-A and FU: a byte with start, end and the unit's type; its header is to be rebuilt. */
function fragment(
  reader: Reader,
  typeMask: number,
  rebuild: (type: number) => readonly number[],
): NalPiece[] {
  const header = reader.u8();
  const type = header & typeMask;
  const starts = (header & 0x80) !== 0;
  const body = reader.rest();
  const parts = starts ? [Uint8Array.from(rebuild(type)), body] : [body];
  return [{ type, starts, ends: (header & 0x40) !== 0, parts }];
}

function unknownType(codec: string, type: number): DecodeError {
  return new DecodeError(`Cannot decode ${codec} payload as its type must be known: ${type}`);
}
