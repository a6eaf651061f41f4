/** Takes a video frame apart into NAL units, in an order that decoders take. @module */

import { splitAnnexB } from "../../media/annex_b.ts";
import { H264_NAL, h264NalType } from "../../media/h264.ts";
import { H265_NAL, h265LayerId, h265NalType, isH265Slice } from "../../media/h265.ts";
import type { VideoCodec } from "./frame.ts";

/** Parameter sets shorter than this are cut off, as some cameras send them [observed]. */
const SHORTEST_SET = 4;

/** NAL unit types of the parameter sets each codec needs, in the order decoders want them. */
export const PARAMETER_SETS: Readonly<Record<VideoCodec, readonly number[]>> = {
  H264: [H264_NAL.sps, H264_NAL.pps],
  H265: [H265_NAL.vps, H265_NAL.sps, H265_NAL.pps],
};

export interface Picture {
  /** Everything a decoder needs, slices last; empty when there is no slice. */
  readonly units: readonly Uint8Array[];
  /** The first parameter set of each type there is. */
  readonly sets: ReadonlyMap<number, Uint8Array>;
}

/**
 * Sorts the NAL units of one frame: prefixes first, then slices, since RTP marks the last packet of
 * a picture. What decoders do not need, or stumble over, is left out: Reolink's own units of H.265
 * (type 62 and the like, or with a layer) break some [observed]. The units are views on `payload`.
 * Throws `DecodeError` for what is no byte stream.
 */
export function readPicture(codec: VideoCodec, payload: Uint8Array): Picture {
  const slices: Uint8Array[] = [];
  const prefixes: Uint8Array[] = [];
  const sets = new Map<number, Uint8Array>();
  const { typeOf, isSlice, isPrefix } = CODECS[codec];
  for (const unit of splitAnnexB(payload)) {
    const type = typeOf(unit);
    if (isSlice(type)) {
      slices.push(unit);
      continue;
    }
    const isSet = PARAMETER_SETS[codec].includes(type);
    if (!isPrefix(type) || (isSet && unit.byteLength < SHORTEST_SET)) continue;
    prefixes.push(unit);
    if (isSet && !sets.has(type)) sets.set(type, unit);
  }
  return { units: slices.length === 0 ? [] : [...prefixes, ...slices], sets };
}

interface NalRules {
  /** -1 for what is to be left out. */
  readonly typeOf: (unit: Uint8Array) => number;
  readonly isSlice: (type: number) => boolean;
  readonly isPrefix: (type: number) => boolean;
}

const CODECS: Readonly<Record<VideoCodec, NalRules>> = {
  H264: {
    typeOf: h264NalType,
    isSlice: (type) => type >= H264_NAL.slice && type <= H264_NAL.idr,
    isPrefix: (type) => type >= H264_NAL.sei && type <= H264_NAL.aud,
  },
  H265: {
    typeOf: (unit) => h265LayerId(unit) === 0 ? h265NalType(unit) : -1,
    isSlice: (type) => type >= 0 && isH265Slice(type),
    isPrefix: (type) =>
      (type >= H265_NAL.vps && type <= H265_NAL.aud) || type === H265_NAL.prefixSei,
  },
};
