/** The parts of H.265 (ITU-T H.265) that a program needs which only carries it. */

import { groupNalUnits } from "./access_units.ts";

/** `nal_unit_type` of H.265, table 7-1. */
export const H265_NAL = {
  /** Intra random access points, BLA to the last one reserved: decoding can start there. */
  firstIrap: 16,
  lastIrap: 23,
  /** The last type that holds some of a picture. */
  lastSlice: 31,
  vps: 32,
  sps: 33,
  pps: 34,
  aud: 35,
  prefixSei: 39,
} as const;

/** `nal_unit_type` of a NAL unit; 0 when it has no bytes. */
export function h265NalType(unit: Uint8Array): number {
  return ((unit[0] ?? 0) >>> 1) & 0x3f;
}

/** `nuh_layer_id`: 0 is the picture itself, others are what few decoders know. */
export function h265LayerId(unit: Uint8Array): number {
  return (((unit[0] ?? 0) & 1) << 5) | ((unit[1] ?? 0) >>> 3);
}

/** Whether a NAL unit of this type holds some of a picture. */
export function isH265Slice(type: number): boolean {
  return type <= H265_NAL.lastSlice;
}

/** Whether decoding can start at this access unit. */
export function isH265Keyframe(units: readonly Uint8Array[]): boolean {
  return units.some((unit) => {
    const type = h265NalType(unit);
    return type >= H265_NAL.firstIrap && type <= H265_NAL.lastIrap;
  });
}

/**
 * Groups the NAL units of a stream into access units (H.265 section 7.4.2.4.4): each begins with
 * an access unit delimiter, parameter set, prefix SEI or first slice that follows a slice.
 */
export function groupH265(units: readonly Uint8Array[]): Uint8Array[][] {
  return groupNalUnits(units, (unit) => isH265Slice(h265NalType(unit)), beginsAccessUnit);
}

function beginsAccessUnit(unit: Uint8Array): boolean {
  const type = h265NalType(unit);
  // The slice header begins with first_slice_segment_in_pic_flag.
  if (isH265Slice(type)) return ((unit[2] ?? 0) & 0x80) !== 0;
  return (type >= H265_NAL.vps && type <= H265_NAL.aud) || type === H265_NAL.prefixSei ||
    (type >= 41 && type <= 44) || (type >= 48 && type <= 55);
}
