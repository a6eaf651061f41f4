/** What of MP4 is made of a camera's own bytes, to be attacked. @module */

import { fromHex } from "../../lib/bytes/bytes.ts";
import { readH264Sps } from "../../lib/fmp4/h264_sps.ts";
import { readH265Sps } from "../../lib/fmp4/h265_sps.ts";
import { Fmp4Muxer } from "../../lib/fmp4/muxer.ts";
import { H264_SPS_VECTORS, H265_SPS_VECTORS } from "../../lib/fmp4/sps_vectors.ts";
import type { PackedTrack } from "../../lib/media/track.ts";
import { AAC_PAYLOAD_VECTORS, NAL_PAYLOAD_VECTORS } from "../../lib/rtp/depacketize_vectors.ts";
import type { DecoderTarget } from "./target.ts";

const H264_SPS = H264_SPS_VECTORS.map(({ hex }) => fromHex(hex));
const H265_SPS = H265_SPS_VECTORS.map(({ hex }) => fromHex(hex));
const H264_PPS = fromHex("68ebe3cb22c0");
const H265_SETS = ["40010c01ffff016000000300900000030000030078959809", "4401c172b46240"]
  .map(fromHex);
const PAYLOADS = [...NAL_PAYLOAD_VECTORS, ...AAC_PAYLOAD_VECTORS].map(({ hex }) => fromHex(hex));

export const FMP4_DECODERS: readonly DecoderTarget[] = [
  { type: "decoder", name: "SPS of H.264", seeds: H264_SPS, decode: readH264Sps },
  { type: "decoder", name: "SPS of H.265", seeds: H265_SPS, decode: readH265Sps },
  {
    type: "decoder",
    name: "MP4 of H.264 and AAC",
    seeds: [...H264_SPS, ...PAYLOADS],
    decode: (input) => mux("H264", "MPEG4-GENERIC", [H264_PPS], input),
  },
  {
    type: "decoder",
    name: "MP4 of H.265 and G.711",
    seeds: [...H265_SPS, ...PAYLOADS],
    decode: (input) => mux("H265", "PCMU", H265_SETS, input),
  },
];

/** A movie whose parameter sets, pictures, sound and description are all the input. */
function mux(video: string, audio: string, sets: readonly Uint8Array[], input: Uint8Array): void {
  const fmtp = new TextDecoder("latin1").decode(input);
  const tracks = [
    track(0, "video", video, fmtp),
    track(1, "audio", audio, `config=1408;${fmtp}`),
  ];
  const muxer = Fmp4Muxer.of({ tracks, sound: true });
  for (const timestamp of [0, 3_600, 90_000]) {
    muxer?.push({ trackId: 0, timestamp, keyframe: true, parts: [...sets, input] });
    muxer?.push({ trackId: 1, timestamp, keyframe: true, parts: [input, input] });
  }
}

function track(id: number, kind: "video" | "audio", encoding: string, fmtp: string): PackedTrack {
  const clockRate = kind === "video" ? 90_000 : 8_000;
  return { id, kind, codec: "packed", encoding, clockRate, channels: 1, fmtp };
}
