/** The parts of H.264 (ITU-T H.264) that a program needs which only carries it. */

import { DecodeError } from "../bytes/decode_error.ts";
import { groupNalUnits } from "./access_units.ts";

/** `nal_unit_type` of H.264, table 7-1. */
export const H264_NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, aud: 9 } as const;

/** `nal_unit_type` of a NAL unit; 0 when it has no bytes. */
export function h264NalType(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 0x1f;
}

/** Profile, constraint flags and level, the three bytes SDP calls `profile-level-id`. */
export function h264ProfileLevelId(sps: Uint8Array): Uint8Array {
  if (sps.byteLength < 4 || h264NalType(sps) !== H264_NAL.sps) {
    throw new DecodeError(
      `Cannot read H.264 profile as it needs an SPS of 4 bytes or more: type ${
        h264NalType(sps)
      }, ${sps.byteLength} bytes`,
    );
  }
  return sps.subarray(1, 4);
}

/**
 * Groups the NAL units of a stream into access units (H.264 section 7.4.1.2.3): each begins with
 * an access unit delimiter, parameter set, SEI or first slice that follows a slice.
 */
export function groupH264(units: readonly Uint8Array[]): Uint8Array[][] {
  return groupNalUnits(units, (unit) => isSlice(h264NalType(unit)), beginsAccessUnit);
}

/** Whether decoding can start at this access unit. */
export function isH264Keyframe(units: readonly Uint8Array[]): boolean {
  return units.some((unit) => h264NalType(unit) === H264_NAL.idr);
}

function isSlice(type: number): boolean {
  return type >= H264_NAL.slice && type <= H264_NAL.idr;
}

function beginsAccessUnit(unit: Uint8Array): boolean {
  const type = h264NalType(unit);
  // The slice header begins with first_mb_in_slice as ue(v), whose zero is a single 1 bit.
  if (isSlice(type)) return ((unit[1] ?? 0) & 0x80) !== 0;
  return (type >= H264_NAL.sei && type <= H264_NAL.aud) || (type >= 14 && type <= 18);
}
