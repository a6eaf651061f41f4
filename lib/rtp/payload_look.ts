/**
 * What one RTP payload tells about access units, for each codec: enough to pass a stream on packet
 * by packet, and still know where pictures begin and at which of them decoding can start.
 *
 * @module
 */

import { concatBytes } from "../bytes/bytes.ts";
import { Reader } from "../bytes/reader.ts";
import { h264NalType } from "../media/h264.ts";
import type { MediaFormat } from "../sdp/parsed.ts";
import { auHeaderFormat, readAacPayload } from "./aac_frames.ts";
import {
  type NalPiece,
  readH264Payload,
  readH265Payload,
  type ReadNalPayload,
} from "./nal_payload.ts";

export interface PayloadLook {
  /** An access unit begins here, unless one that holds no picture yet is on its way. */
  readonly begins: boolean;
  /** It goes on with a picture that began in an earlier payload. */
  readonly continues: boolean;
  /** It has some of a picture, or of sound: an access unit needs that. */
  readonly hasMedia: boolean;
  /** Decoding can start with the access unit it belongs to. */
  readonly keyframe: boolean;
  /** It is an access unit by itself, whatever marker and timestamp say. */
  readonly isWhole: boolean;
  /** NAL units that are parameter sets, views on the payload. */
  readonly parameterSets: readonly Uint8Array[];
}

/** Looks into one payload. Throws `DecodeError`. */
export type LookAtPayload = (payload: Uint8Array) => PayloadLook;

/** How to look into payloads of `format`, for a medium of that kind. */
export function payloadLook(kind: string, { encoding, parameters }: MediaFormat): LookAtPayload {
  switch (encoding) {
    case "H264":
      return (payload) => lookAtNal(H264, payload);
    case "H265":
      return (payload) => lookAtNal(H265, payload);
    case "JPEG":
      return lookAtJpeg;
    case "MPEG4-GENERIC": {
      const headers = auHeaderFormat(parameters);
      return (payload) => {
        const { pieceOf } = readAacPayload(payload, headers);
        return { ...ANY, isWhole: pieceOf === undefined };
      };
    }
    default: {
      // G.711, G.726, Opus and the like have no unit longer than a packet. LATM has.
      const look = { ...ANY, isWhole: kind === "audio" && encoding !== "MP4A-LATM" };
      return () => look;
    }
  }
}

/** Types of NAL units that are parameter sets, in the order decoders want them; none for sound. */
export function parameterSetTypes({ encoding }: MediaFormat): readonly number[] {
  if (encoding === "H264") return H264.parameterSets;
  return encoding === "H265" ? H265.parameterSets : [];
}

/** `nal_unit_type` of a whole NAL unit of that format; 0 when it has no bytes. */
export function nalTypeOf({ encoding }: MediaFormat, unit: Uint8Array): number {
  return (encoding === "H265" ? H265 : H264).typeOf(unit);
}

/** A stream of which nothing is known but timestamps and markers. */
const ANY: PayloadLook = {
  begins: false,
  continues: true,
  hasMedia: true,
  keyframe: true,
  isWhole: false,
  parameterSets: [],
};

/** RFC 2435 section 3.1: 8 bits of type, 24 of offset into the picture. */
function lookAtJpeg(payload: Uint8Array): PayloadLook {
  const reader = new Reader(payload, "JPEG payload");
  reader.skip(1);
  const begins = reader.u24() === 0;
  return { ...ANY, begins, continues: !begins };
}

/** What differs between H.264 and H.265. */
interface NalCodec {
  readonly read: ReadNalPayload;
  readonly typeOf: (unit: Uint8Array) => number;
  readonly headerLength: number;
  readonly isSlice: (type: number) => boolean;
  /** Units that stand in front of the slices of a picture. */
  readonly isPrefix: (type: number) => boolean;
  readonly isKeyframe: (piece: NalPiece) => boolean;
  /** Types of parameter sets, in the order decoders want them. */
  readonly parameterSets: readonly number[];
}

const H264: NalCodec = {
  read: readH264Payload,
  typeOf: h264NalType,
  headerLength: 1,
  isSlice: (type) => type >= 1 && type <= 5,
  isPrefix: (type) => (type >= 6 && type <= 9) || (type >= 14 && type <= 18),
  isKeyframe: (piece) => piece.type === 5 || isRecoveryPoint(piece),
  parameterSets: [7, 8],
};

const H265: NalCodec = {
  read: readH265Payload,
  typeOf: (unit) => ((unit[0] ?? 0) >>> 1) & 0x3f,
  headerLength: 2,
  isSlice: (type) => type < 32,
  isPrefix: (type) => (type >= 32 && type <= 35) || type === 39 || (type >= 41 && type <= 44),
  // BLA, IDR and CRA: intra random access points, H.265 table 7-1.
  isKeyframe: ({ type }) => type >= 16 && type <= 23,
  parameterSets: [32, 33, 34],
};

function lookAtNal(codec: NalCodec, payload: Uint8Array): PayloadLook {
  const pieces = codec.read(payload);
  const [first] = pieces;
  const slice = pieces.find(({ type }) => codec.isSlice(type));
  const beginsPicture = slice !== undefined && isFirstSlice(codec, slice);
  const isSliceFirst = slice !== undefined && first === slice;
  return {
    begins: first?.starts === true &&
      (codec.isPrefix(first.type) || (isSliceFirst && beginsPicture)),
    continues: isSliceFirst && !beginsPicture,
    hasMedia: slice !== undefined,
    keyframe: pieces.some(codec.isKeyframe),
    isWhole: false,
    parameterSets: pieces
      .filter(({ type, starts, ends }) => starts && ends && codec.parameterSets.includes(type))
      .map(({ parts }) => concatBytes(parts)),
  };
}

/**
 * H.264's slice header begins with first_mb_in_slice as ue(v), whose zero is a single 1 bit;
 * H.265's with first_slice_segment_in_pic_flag.
 */
function isFirstSlice({ headerLength }: NalCodec, { starts, parts }: NalPiece): boolean {
  const [head, body] = parts;
  const first = body === undefined ? head?.[headerLength] : body[0];
  return starts && (first ?? 0) >= 0x80;
}

/**
 * A supplemental message whose first payload says that decoding may start here (H.264 section
 * D.2.8): all that streams with open groups of pictures, or refreshed bit by bit, have after their
 * first picture.
 */
function isRecoveryPoint({ type, starts, parts }: NalPiece): boolean {
  return type === 6 && starts && (parts[1]?.[0] ?? parts[0]?.[1]) === 6;
}
