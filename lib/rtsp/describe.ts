import type { Track } from "../media/track.ts";
import { rtpFormat } from "../rtp/format.ts";
import { encodeSessionDescription } from "../sdp/session_description.ts";
import { trackControl } from "./request_url.ts";

/** First of the payload types that have no fixed meaning, RFC 3551 section 6. */
const FIRST_DYNAMIC_PAYLOAD_TYPE = 96;

/** Payload type of the track at `index`. */
export function payloadTypeOf(index: number): number {
  return FIRST_DYNAMIC_PAYLOAD_TYPE + index;
}

/** The answer to DESCRIBE: live tracks, each with its own control URL. */
export function describeTracks(tracks: readonly Track[]): string {
  return encodeSessionDescription({
    origin: "127.0.0.1",
    name: "sightline",
    attributes: ["control:*", "range:npt=now-"],
    media: tracks.map((track, index) => {
      const { rtpmap, fmtp } = rtpFormat(track);
      const payloadType = payloadTypeOf(index);
      return {
        kind: track.kind,
        payloadType,
        attributes: [
          `rtpmap:${payloadType} ${rtpmap}`,
          ...(fmtp === undefined ? [] : [`fmtp:${payloadType} ${fmtp}`]),
          `control:${trackControl(index)}`,
        ],
      };
    }),
  });
}
