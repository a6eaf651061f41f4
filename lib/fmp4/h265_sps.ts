/** What MP4 needs of a sequence parameter set of H.265 (ITU-T H.265, section 7.3.2.2). */

import { DecodeError } from "../bytes/decode_error.ts";
import { H265_NAL, h265NalType } from "../media/h265.ts";
import { BitReader, withoutEmulation } from "./bit_reader.ts";
import { checkedFormat, chromaFormat, type PictureFormat } from "./picture_format.ts";

export interface H265Sps extends PictureFormat {
  /** 12 bytes, as they stand in the parameter set: profile, compatibility, constraints, level. */
  readonly profileTierLevel: Uint8Array;
  readonly temporalLayers: number;
  readonly isTemporalIdNested: boolean;
}

/** Where the 12 bytes of general profile, tier and level stand in the parameter set. */
const PROFILE_AT = 3;
const PROFILE_LENGTH = 12;

/** Reads a NAL unit that is a sequence parameter set. Throws `DecodeError`. */
export function readH265Sps(unit: Uint8Array): H265Sps {
  if (h265NalType(unit) !== H265_NAL.sps) {
    throw new DecodeError(
      `Cannot decode H.265 SPS as its type must be ${H265_NAL.sps}: is ${h265NalType(unit)}`,
    );
  }
  const bytes = withoutEmulation(unit);
  const reader = new BitReader(bytes, "H.265 SPS");
  reader.skip(16 + 4); // header, sps_video_parameter_set_id
  const subLayers = reader.bits(3);
  const isTemporalIdNested = reader.flag();
  reader.skip(8 * PROFILE_LENGTH);
  skipSubLayers(reader, subLayers);
  reader.ue(); // sps_seq_parameter_set_id
  const chroma = chromaFormat(reader.ue());
  if (chroma.idc === 3) reader.skip(1); // separate_colour_plane_flag
  const coded = { width: reader.ue(), height: reader.ue() };
  const crop = reader.flag() ? [reader.ue(), reader.ue(), reader.ue(), reader.ue()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const format = checkedFormat({
    width: coded.width - chroma.stepX * (left + right),
    height: coded.height - chroma.stepY * (top + bottom),
    chroma: chroma.idc,
    bitDepthLuma: reader.ue() + 8,
    bitDepthChroma: reader.ue() + 8,
  });
  const profileTierLevel = bytes.slice(PROFILE_AT, PROFILE_AT + PROFILE_LENGTH);
  return { ...format, profileTierLevel, temporalLayers: subLayers + 1, isTemporalIdNested };
}

/** profile_tier_level(), section 7.3.3: flags of all sub-layers, padded to eight, then what they say. */
function skipSubLayers(reader: BitReader, count: number): void {
  const said: number[] = [];
  for (let layer = 0; layer < count; layer++) {
    const [hasProfile, hasLevel] = [reader.flag(), reader.flag()];
    said.push((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
  }
  if (count > 0) reader.skip(2 * (8 - count));
  for (const bits of said) reader.skip(bits);
}
