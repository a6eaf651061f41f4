/**
 * How MP4 describes video: what a browser is told before it takes any of it, and the sample entry
 * with the decoder's configuration (ISO/IEC 14496-15).
 *
 * @module
 */

import { concatBytes, toHex } from "../bytes/bytes.ts";
import { Writer } from "../bytes/writer.ts";
import { H264_NAL, h264NalType } from "../media/h264.ts";
import { H265_NAL, h265NalType } from "../media/h265.ts";
import { box, u16s, u32s, zeros } from "./box.ts";
import { type H264Sps, readH264Sps } from "./h264_sps.ts";
import { type H265Sps, readH265Sps } from "./h265_sps.ts";
import type { PictureFormat } from "./picture_format.ts";

export interface VideoEntry {
  /** As RFC 6381 has it: `avc1.640028`, `hvc1.1.6.L93.B0`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** The sample entry, a box. */
  readonly box: Uint8Array;
}

/** Bytes of the length in front of each NAL unit, as the configuration says it: one less. */
const LENGTH_SIZE_MINUS_ONE = 3;

/** 72 pixels an inch, 16.16. */
const RESOLUTION = 0x0048_0000;

/** The entry for H.264 with these parameter sets. Throws `DecodeError`. */
export function h264Entry(sets: readonly Uint8Array[]): VideoEntry {
  const ofType = (type: number) => sets.filter((unit) => h264NalType(unit) === type);
  const spss = ofType(H264_NAL.sps);
  const sps = readH264Sps(spss[0] ?? zeros(0));
  const config = avcConfig(sps, spss, ofType(H264_NAL.pps));
  return {
    codec: `avc1.${toHex(sps.profileLevelId)}`,
    width: sps.width,
    height: sps.height,
    box: visualEntry("avc1", sps, box("avcC", config)),
  };
}

/** The entry for H.265 with these parameter sets. Throws `DecodeError`. */
export function h265Entry(sets: readonly Uint8Array[]): VideoEntry {
  const sps = readH265Sps(sets.find((unit) => h265NalType(unit) === H265_NAL.sps) ?? zeros(0));
  return {
    codec: `hvc1.${h265Profile(sps.profileTierLevel)}`,
    width: sps.width,
    height: sps.height,
    box: visualEntry("hvc1", sps, box("hvcC", hevcConfig(sps, sets))),
  };
}

/** VisualSampleEntry, ISO/IEC 14496-12 section 12.1.3. */
function visualEntry(name: string, { width, height }: PictureFormat, config: Uint8Array) {
  return box(
    name,
    zeros(6),
    u16s(1), // data_reference_index
    zeros(16),
    u16s(width, height),
    u32s(RESOLUTION, RESOLUTION, 0),
    u16s(1), // frame_count
    zeros(32), // compressorname
    u16s(0x18, 0xffff), // depth, pre_defined
    config,
  );
}

/** AVCDecoderConfigurationRecord, section 5.3.3.1. */
function avcConfig(
  sps: H264Sps,
  spss: readonly Uint8Array[],
  ppss: readonly Uint8Array[],
): Uint8Array {
  const { isHigh, chroma, bitDepthLuma, bitDepthChroma } = sps;
  return concatBytes([
    Uint8Array.of(1, ...sps.profileLevelId, 0xfc | LENGTH_SIZE_MINUS_ONE, 0xe0 | spss.length),
    ...spss.flatMap((unit) => [u16s(unit.byteLength), unit]),
    Uint8Array.of(ppss.length),
    ...ppss.flatMap((unit) => [u16s(unit.byteLength), unit]),
    isHigh
      ? Uint8Array.of(0xfc | chroma, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0)
      : zeros(0),
  ]);
}

/** HEVCDecoderConfigurationRecord, section 8.3.3.1. */
function hevcConfig(sps: H265Sps, sets: readonly Uint8Array[]): Uint8Array {
  const kinds = [H265_NAL.vps, H265_NAL.sps, H265_NAL.pps];
  return concatBytes([
    Uint8Array.of(1),
    sps.profileTierLevel,
    u16s(0xf000), // min_spatial_segmentation_idc 0
    Uint8Array.of(
      0xfc, // parallelismType 0: not known
      0xfc | sps.chroma,
      0xf8 | (sps.bitDepthLuma - 8),
      0xf8 | (sps.bitDepthChroma - 8),
    ),
    u16s(0), // avgFrameRate: not known
    Uint8Array.of(
      (sps.temporalLayers << 3) | (sps.isTemporalIdNested ? 4 : 0) | LENGTH_SIZE_MINUS_ONE,
      kinds.length,
    ),
    ...kinds.map((kind) => hevcArray(kind, sets.filter((unit) => h265NalType(unit) === kind))),
  ]);
}

/** All parameter sets of one kind; none of them are in the samples. */
function hevcArray(kind: number, units: readonly Uint8Array[]): Uint8Array {
  const isComplete = 0x80;
  return concatBytes([
    new Writer(3).u8(isComplete | kind).u16(units.length).finish(),
    ...units.flatMap((unit) => [u16s(unit.byteLength), unit]),
  ]);
}

/**
 * Profile, compatibility, tier, level and constraints as section E.3 writes them: compatibility flags
 * with the last bit first, constraints without the zero bytes at their end.
 */
function h265Profile(bytes: Uint8Array): string {
  const [first = 0] = bytes;
  const space = ["", "A", "B", "C"][first >>> 6] ?? "";
  const flags = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  const constraints = [...bytes.subarray(5, 11)];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    `${space}${first & 0x1f}`,
    reversedBits(flags).toString(16).toUpperCase(),
    `${(first & 0x20) === 0 ? "L" : "H"}${bytes[11]}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join(".");
}

function reversedBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1);
  return reversed;
}
