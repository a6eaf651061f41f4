/** The Transport header (RFC 2326 section 12.39). @module */

import { DecodeError } from "../bytes/decode_error.ts";

/** One way to carry a track, as offered or agreed. */
export interface TransportSpec {
  /** In capitals: `RTP/AVP`, which means UDP, `RTP/AVP/UDP` or `RTP/AVP/TCP`. */
  readonly protocol: string;
  readonly multicast: boolean;
  /** Channels of RTP and RTCP in interleaved frames. */
  readonly interleaved: ChannelPair | undefined;
  /** In capitals, `PLAY` unless said otherwise. */
  readonly mode: string;
}

/** Channels of RTP and RTCP, 0 to 255. */
export interface ChannelPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** The ways a client offers, its favourite first. Throws `DecodeError`. */
export function parseTransport(value: string): TransportSpec[] {
  return value.split(",").map(parseSpec);
}

/** The header of a response that agrees to interleaved frames. */
export function formatInterleavedTransport(channels: ChannelPair, ssrc: number): string {
  const hex = ssrc.toString(16).padStart(8, "0").toUpperCase();
  return `RTP/AVP/TCP;unicast;interleaved=${channels.rtp}-${channels.rtcp};ssrc=${hex}`;
}

function parseSpec(text: string): TransportSpec {
  const [protocol = "", ...parameters] = text.split(";").map((part) => part.trim());
  if (!/^[\w/]+$/.test(protocol)) {
    throw new DecodeError(
      `Cannot decode Transport as it must begin with a protocol: ${
        JSON.stringify(text.slice(0, 80))
      }`,
    );
  }
  const values = new Map(parameters.map(parseParameter));
  const interleaved = values.get("interleaved");
  return {
    protocol: protocol.toUpperCase(),
    multicast: values.has("multicast"),
    interleaved: interleaved === undefined ? undefined : parseChannels(interleaved),
    mode: (values.get("mode") ?? "PLAY").toUpperCase(),
  };
}

function parseParameter(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals === -1) return [text.toLowerCase(), ""];
  const value = text.slice(equals + 1).trim();
  return [text.slice(0, equals).trim().toLowerCase(), value.replaceAll('"', "")];
}

function parseChannels(text: string): ChannelPair {
  const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text);
  const rtp = Number(match?.[1]);
  const rtcp = Number(match?.[2] ?? rtp + 1);
  if (match === null || rtp > 255 || rtcp > 255 || rtp === rtcp) {
    throw new DecodeError(
      `Cannot decode Transport as interleaved must be two channels: ${
        JSON.stringify(text.slice(0, 80))
      }`,
    );
  }
  return { rtp, rtcp };
}
