/** What MP4 needs of a sequence parameter set of H.264 (ITU-T H.264, section 7.3.2.1.1). */

import { h264ProfileLevelId } from "../media/h264.ts";
import { BitReader, withoutEmulation } from "./bit_reader.ts";
import {
  checkedFormat,
  type ChromaFormat,
  chromaFormat,
  type PictureFormat,
} from "./picture_format.ts";

export interface H264Sps extends PictureFormat {
  /** `profile_idc`, constraint flags, `level_idc`. */
  readonly profileLevelId: Uint8Array;
  /** Whether the profile is one of those that say of colours and depth. */
  readonly isHigh: boolean;
}

/** Profiles whose parameter sets say of colours and depth: High and what came after it. */
const HIGH_PROFILES: ReadonlySet<number> = new Set([
  ...[100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135],
]);

/** Values of pic_order_cnt_type 1 that may follow its number. */
const MAX_ORDER_CYCLE = 255;

interface Colours {
  readonly chroma: ChromaFormat;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
}

/** Reads a NAL unit that is a sequence parameter set. Throws `DecodeError`. */
export function readH264Sps(unit: Uint8Array): H264Sps {
  const profileLevelId = h264ProfileLevelId(unit);
  const reader = new BitReader(withoutEmulation(unit.subarray(4)), "H.264 SPS");
  reader.ue(); // seq_parameter_set_id
  const isHigh = HIGH_PROFILES.has(profileLevelId[0] ?? 0);
  const colours = isHigh ? readColours(reader) : BASELINE;
  reader.ue(); // log2_max_frame_num_minus4
  skipPictureOrder(reader);
  reader.ue(); // max_num_ref_frames
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag
  const macroblocks = reader.ue() + 1;
  const mapUnits = reader.ue() + 1;
  const isFrameOnly = reader.flag();
  if (!isFrameOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag
  const fields = isFrameOnly ? 1 : 2;
  const crop = reader.flag() ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const { chroma } = colours;
  const format = checkedFormat({
    width: 16 * macroblocks - chroma.stepX * (left + right),
    height: fields * (16 * mapUnits - chroma.stepY * (top + bottom)),
    chroma: chroma.idc,
    bitDepthLuma: colours.bitDepthLuma,
    bitDepthChroma: colours.bitDepthChroma,
  });
  return { ...format, profileLevelId, isHigh };
}

const BASELINE: Colours = { chroma: chromaFormat(1), bitDepthLuma: 8, bitDepthChroma: 8 };

function readColours(reader: BitReader): Colours {
  const idc = reader.ue();
  const chroma = chromaFormat(idc);
  if (idc === 3) reader.skip(1); // separate_colour_plane_flag
  const bitDepthLuma = reader.ue() + 8;
  const bitDepthChroma = reader.ue() + 8;
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) skipScalingLists(reader, idc === 3 ? 12 : 8);
  return { chroma, bitDepthLuma, bitDepthChroma };
}

function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    let last = 8;
    let next = 8;
    for (let i = 0; i < (list < 6 ? 16 : 64) && next !== 0; i++) {
      next = (last + reader.se() + 256) & 0xff;
      if (next !== 0) last = next;
    }
  }
}

function skipPictureOrder(reader: BitReader): void {
  const type = reader.ue();
  if (type === 0) reader.ue(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  reader.skip(1); // delta_pic_order_always_zero_flag
  reader.se(); // offset_for_non_ref_pic
  reader.se(); // offset_for_top_to_bottom_field
  const cycle = Math.min(MAX_ORDER_CYCLE, reader.ue());
  for (let i = 0; i < cycle; i++) reader.se();
}
