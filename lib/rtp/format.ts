/** The payload format of each codec, for SDP and RTP. @module */

import { Buffer } from "node:buffer";
import { toHex } from "../bytes/bytes.ts";
import { h264ProfileLevelId } from "../media/h264.ts";
import type { AacTrack, H264Track, H265Track, PackedTrack, Track } from "../media/track.ts";
import { packetizeAac } from "./aac_payload.ts";
import { packetizeH264 } from "./h264_payload.ts";
import { packetizeH265 } from "./h265_payload.ts";
import type { Packetize } from "./payload.ts";

/** The payload format of a track, in the words of its RFC. */
export interface RtpFormat {
  /** Value of SDP's `rtpmap`, without the payload type: `H264/90000`. */
  readonly rtpmap: string;
  /** Value of SDP's `fmtp`, without the payload type; `undefined` where there is none. */
  readonly fmtp: string | undefined;
  readonly packetize: Packetize;
}

/** How `track` is described and cut up. */
export function rtpFormat(track: Track): RtpFormat {
  switch (track.codec) {
    case "H264":
      return { rtpmap: rtpmap(track), fmtp: h264Fmtp(track), packetize: packetizeH264 };
    case "H265":
      return { rtpmap: rtpmap(track), fmtp: h265Fmtp(track), packetize: packetizeH265 };
    case "MPEG4-GENERIC":
      return {
        rtpmap: `${rtpmap(track)}/${track.channels}`,
        fmtp: aacFmtp(track),
        packetize: packetizeAac,
      };
    case "packed":
      return { rtpmap: packedRtpmap(track), fmtp: track.fmtp, packetize: passOn };
  }
}

/** Payloads go on as they came, whatever their length. */
const passOn: Packetize = (payloads) => payloads.map((payload) => [payload]);

function packedRtpmap({ encoding, clockRate, kind, channels }: PackedTrack): string {
  const map = `${encoding}/${clockRate}`;
  return kind === "audio" && channels > 1 ? `${map}/${channels}` : map;
}

function rtpmap(track: Track): string {
  return `${track.codec}/${track.clockRate}`;
}

/** RFC 6184 section 8.1. */
function h264Fmtp(track: H264Track): string {
  return parameters({
    "packetization-mode": "1",
    "profile-level-id": toHex(h264ProfileLevelId(track.sps)).toUpperCase(),
    "sprop-parameter-sets": `${base64(track.sps)},${base64(track.pps)}`,
  });
}

/** RFC 7798 section 7.1. */
function h265Fmtp(track: H265Track): string {
  return parameters({
    "sprop-vps": base64(track.vps),
    "sprop-sps": base64(track.sps),
    "sprop-pps": base64(track.pps),
  });
}

/** RFC 3640 section 4.1; `profile-level-id` 1 is what is said where the profile is not known. */
function aacFmtp(track: AacTrack): string {
  return parameters({
    streamtype: "5",
    "profile-level-id": "1",
    mode: "AAC-hbr",
    config: toHex(track.config),
    sizelength: "13",
    indexlength: "3",
    indexdeltalength: "3",
  });
}

function parameters(values: Readonly<Record<string, string>>): string {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`).join("; ");
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
