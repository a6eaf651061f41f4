/** The Transport header (RFC 2326 section 12.39). @module */

import { DecodeError } from "../bytes/decode_error.ts";

/** One way to carry a track, as offered or agreed. */
export interface TransportSpec {
  /** In capitals: `RTP/AVP`, which means UDP, `RTP/AVP/UDP` or `RTP/AVP/TCP`. */
  readonly protocol: string;
  readonly multicast: boolean;
  /** Channels of RTP and RTCP in interleaved frames. */
  readonly interleaved: ChannelPair | undefined;
  /** UDP ports of the client. */
  readonly clientPorts: PortPair | undefined;
  /** Where else than to the client itself packets are to go. */
  readonly destination: string | undefined;
  /** In capitals, `PLAY` unless said otherwise. */
  readonly mode: string;
}

/** Channels of RTP and RTCP, 0 to 255. */
export interface ChannelPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** UDP ports for RTP and RTCP, 1 to 65535. */
export interface PortPair {
  readonly rtp: number;
  readonly rtcp: number;
}

/** The ways a client offers, its favourite first. Throws `DecodeError`. */
export function parseTransport(value: string): TransportSpec[] {
  return value.split(",").map(parseSpec);
}

/** The header of a response that agrees to interleaved frames; `ssrc` is that of our packets. */
export function formatInterleavedTransport(channels: ChannelPair, ssrc?: number): string {
  return `RTP/AVP/TCP;unicast;interleaved=${formatPair(channels)}${formatSsrc(ssrc)}`;
}

/** What the two ends of a UDP transport are. */
export interface UdpTransport {
  /** As the client spelled it: `RTP/AVP` or `RTP/AVP/UDP`. */
  readonly protocol: string;
  readonly clientPorts: PortPair;
  readonly serverPorts: PortPair;
  /** The server's address. */
  readonly source: string;
}

/** The header of a response that agrees to UDP; `ssrc` is that of our packets. */
export function formatUdpTransport(transport: UdpTransport, ssrc?: number): string {
  const { protocol, clientPorts, serverPorts, source } = transport;
  return [
    ...[protocol, "unicast", `client_port=${formatPair(clientPorts)}`],
    ...[`server_port=${formatPair(serverPorts)}`, `source=${source}`],
  ].join(";") + formatSsrc(ssrc);
}

function formatPair({ rtp, rtcp }: ChannelPair | PortPair): string {
  return `${rtp}-${rtcp}`;
}

function formatSsrc(ssrc: number | undefined): string {
  if (ssrc === undefined) return "";
  return `;ssrc=${ssrc.toString(16).padStart(8, "0").toUpperCase()}`;
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
  const clientPorts = values.get("client_port");
  return {
    protocol: protocol.toUpperCase(),
    multicast: values.has("multicast"),
    interleaved: interleaved === undefined
      ? undefined
      : parsePair("interleaved", interleaved, 0, 255),
    clientPorts: clientPorts === undefined
      ? undefined
      : parsePair("client_port", clientPorts, 1, 65_535),
    destination: values.get("destination") || undefined,
    mode: (values.get("mode") ?? "PLAY").toUpperCase(),
  };
}

function parseParameter(text: string): [name: string, value: string] {
  const equals = text.indexOf("=");
  if (equals === -1) return [text.toLowerCase(), ""];
  const value = text.slice(equals + 1).trim();
  return [text.slice(0, equals).trim().toLowerCase(), value.replaceAll('"', "")];
}

/** `N-M`, or `N` alone, whose neighbour is M. */
function parsePair(name: string, text: string, least: number, most: number): ChannelPair {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const rtp = Number(match?.[1]);
  const rtcp = Number(match?.[2] ?? rtp + 1);
  const isInRange = [rtp, rtcp].every((number) => number >= least && number <= most);
  if (match === null || !isInRange || rtp === rtcp) {
    throw new DecodeError(
      `Cannot decode Transport as ${name} must be two numbers from ${least} to ${most}: ${
        JSON.stringify(text.slice(0, 80))
      }`,
    );
  }
  return { rtp, rtcp };
}
