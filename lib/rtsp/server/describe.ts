import { SPEECH_RATE } from "../../media/source.ts";
import type { Track } from "../../media/track.ts";
import { rtpFormat } from "../../rtp/format.ts";
import { encodeSessionDescription, type MediaDescription } from "../../sdp/session_description.ts";
import { trackControl } from "./request_url.ts";

/** First of the payload types that have no fixed meaning, RFC 3551 section 6. */
const FIRST_DYNAMIC_PAYLOAD_TYPE = 96;

/** Payload type of the track at `index`. */
export function payloadTypeOf(index: number): number {
  return FIRST_DYNAMIC_PAYLOAD_TYPE + index;
}

/** Payload types of what a client may say, fixed by RFC 3551 section 6. */
export const SPEECH_PAYLOAD_TYPES = { PCMU: 0, PCMA: 8 } as const;

/**
 * The answer to DESCRIBE: live tracks, each with its own control URL. With a backchannel, as the
 * ONVIF Streaming Specification section 5.3 has it, each medium says which way it goes: the
 * backchannel is the one the client is to send, behind the tracks.
 */
export function describeTracks(tracks: readonly Track[], withBackchannel = false): string {
  return encodeSessionDescription({
    origin: "127.0.0.1",
    name: "sightline",
    attributes: ["control:*", "range:npt=now-"],
    media: [
      ...tracks.map((track, index) => describeTrack(track, index, withBackchannel)),
      ...(withBackchannel ? [backchannelOf(tracks.length)] : []),
    ],
  });
}

function describeTrack(track: Track, index: number, isOneWay: boolean): MediaDescription {
  const { rtpmap, fmtp } = rtpFormat(track);
  const payloadType = payloadTypeOf(index);
  return {
    kind: track.kind,
    payloadType,
    attributes: [
      `rtpmap:${payloadType} ${rtpmap}`,
      ...(fmtp === undefined ? [] : [`fmtp:${payloadType} ${fmtp}`]),
      `control:${trackControl(index)}`,
      ...(isOneWay ? ["recvonly"] : []),
    ],
  };
}

/** Directions are those of the client: what it sends is `sendonly`. */
function backchannelOf(index: number): MediaDescription {
  const { PCMU, PCMA } = SPEECH_PAYLOAD_TYPES;
  return {
    kind: "audio",
    payloadType: PCMU,
    otherPayloadTypes: [PCMA],
    attributes: [
      `rtpmap:${PCMU} PCMU/${SPEECH_RATE}`,
      `rtpmap:${PCMA} PCMA/${SPEECH_RATE}`,
      `control:${trackControl(index)}`,
      "sendonly",
    ],
  };
}
