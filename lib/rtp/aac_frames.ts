/** AAC frames in RTP payloads: `mpeg4-generic`, RFC 3640. @module */

import { concatBytes } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { Reader } from "../bytes/reader.ts";
import { tryDecode } from "../bytes/try_decode.ts";

/** Frames one payload may hold. More are refused. */
export const MAX_AAC_FRAMES_IN_PAYLOAD = 64;

/** Sizes of the fields of an AU header in bits, as `fmtp` names them. */
export interface AuHeaderFormat {
  readonly sizeLength: number;
  readonly indexLength: number;
  readonly indexDeltaLength: number;
}

/** Mode AAC-hbr. */
export const AAC_HBR: AuHeaderFormat = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3 };

export interface AacPayload {
  /** Frames, or the one piece of a frame, as views on the payload. */
  readonly parts: readonly Uint8Array[];
  /** Size of the whole frame the only part is a piece of; `undefined` where parts are whole. */
  readonly pieceOf: number | undefined;
}

/** The format that `fmtp` parameters describe; what they leave out is as in AAC-hbr. */
export function auHeaderFormat(parameters: ReadonlyMap<string, string>): AuHeaderFormat {
  const bits = (name: string, usual: number) => {
    const text = parameters.get(name) ?? "";
    return /^\d{1,2}$/.test(text) && Number(text) <= 32 ? Number(text) : usual;
  };
  return {
    sizeLength: bits("sizelength", AAC_HBR.sizeLength),
    indexLength: bits("indexlength", AAC_HBR.indexLength),
    indexDeltaLength: bits("indexdeltalength", AAC_HBR.indexDeltaLength),
  };
}

/** Reads one payload. Throws `DecodeError`. */
export function readAacPayload(payload: Uint8Array, format: AuHeaderFormat): AacPayload {
  const reader = new Reader(payload, "AAC payload");
  const headerBits = reader.u16();
  const headers = reader.take(Math.ceil(headerBits / 8));
  const sizes = readSizes(headers, headerBits, format);
  const [first] = sizes;
  if (sizes.length === 1 && first !== undefined && first > reader.remaining) {
    return { parts: [reader.rest()], pieceOf: first };
  }
  return { parts: sizes.map((size) => reader.take(size)), pieceOf: undefined };
}

/** The whole frames in payloads that follow each other; what is broken or cut off is left out. */
export function joinAacFrames(
  payloads: readonly Uint8Array[],
  format: AuHeaderFormat,
): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let pieces: Uint8Array[] = [];
  for (const payload of payloads) {
    const { parts, pieceOf } = tryDecode(() => readAacPayload(payload, format)) ??
      { parts: [], pieceOf: undefined };
    if (pieceOf === undefined) {
      frames.push(...parts);
      pieces = [];
      continue;
    }
    pieces.push(...parts);
    const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    if (length < pieceOf) continue;
    if (length === pieceOf) frames.push(concatBytes(pieces));
    pieces = [];
  }
  return frames;
}

/** Each header has a size and an index, which for all but the first is a difference. */
function readSizes(headers: Uint8Array, bits: number, format: AuHeaderFormat): number[] {
  const { sizeLength, indexLength, indexDeltaLength } = format;
  const sizes: number[] = [];
  for (let at = 0; at < bits;) {
    if (sizes.length === MAX_AAC_FRAMES_IN_PAYLOAD) {
      throw new DecodeError(
        `Cannot decode AAC payload as it may hold ${MAX_AAC_FRAMES_IN_PAYLOAD} frames: has more`,
      );
    }
    const length = sizeLength + (sizes.length === 0 ? indexLength : indexDeltaLength);
    if (sizeLength === 0 || at + length > bits) {
      throw new DecodeError(
        `Cannot decode AAC payload as its headers must have ${length} bits each: ${bits}`,
      );
    }
    sizes.push(readBits(headers, at, sizeLength));
    at += length;
  }
  return sizes;
}

function readBits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    value = value * 2 + (((bytes[at >>> 3] ?? 0) >>> (7 - (at & 7))) & 1);
  }
  return value;
}
