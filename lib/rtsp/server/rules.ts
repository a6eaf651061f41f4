/**
 * What a server refuses by a request alone, with the status RFC 2326 section 11.3 has for it.
 *
 * @module
 */

import type { Answer } from "./answer.ts";
import type { RtspRequest } from "../message.ts";
import type { PortPair, TransportSpec } from "../transport_header.ts";

/** The methods there are. */
export const PUBLIC_METHODS =
  "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN";

/** Methods of RTSP that nothing here can be asked for: what is played comes from cameras. */
const NOT_ALLOWED = ["ANNOUNCE", "RECORD", "REDIRECT"];

/** Ports below belong to services that never asked for a picture. */
const LEAST_CLIENT_PORT = 1024;

/** The one option there is: audio that the client sends (ONVIF Streaming Specification 5.3.1). */
export const BACKCHANNEL = "www.onvif.org/ver20/backchannel";

/** The options a request requires, RFC 2326 section 12.32. */
export function requiredBy({ headers }: RtspRequest): string[] {
  return headers.getAll("Require").join().split(",").map((option) => option.trim())
    .filter((option) => option !== "");
}

/** The refusal of a request for what it asks, or `undefined`. */
export function refusalOf(request: RtspRequest): Answer | undefined {
  const { method, headers, body } = request;
  switch (method) {
    case "DESCRIBE":
      return acceptsSdp(headers.getAll("Accept")) ? undefined : { status: 406 };
    case "PLAY":
      return isLiveRange(headers.get("Range")) ? undefined : { status: 457 };
    case "GET_PARAMETER":
    case "SET_PARAMETER":
      // Without a body it asks whether we are still there; with one, for what we do not have.
      return body.byteLength === 0 ? undefined : { status: 451 };
    default:
      return NOT_ALLOWED.includes(method)
        ? { status: 405, fields: [["Allow", PUBLIC_METHODS]] }
        : undefined;
  }
}

function acceptsSdp(values: readonly string[]): boolean {
  const types = values.join().toLowerCase().split(",").map((type) => type.split(";")[0]?.trim());
  return values.length === 0 ||
    types.some((type) => type === "application/sdp" || type === "application/*" || type === "*/*");
}

/** What is live has one range, whatever part of it is asked for; only npt can name that. */
function isLiveRange(value: string | undefined): boolean {
  const range = value?.replace(/\s+/g, "");
  return range === undefined || /^npt=(?:now|[\d.:]+)?-[\d.:]*(?:;|$)/i.test(range);
}

/** What a server can do by UDP, and for whom. */
export interface UdpOffer {
  readonly serverPorts: PortPair;
  /** The server's address as the client knows it. */
  readonly source: string;
  /** The client's address, and the only one packets go to. */
  readonly peer: string;
}

/**
 * The first way to carry a track that can be taken. All tracks of a session go the way of the
 * first, and packets go nowhere but to whoever asks for them, since else anybody could have them
 * sent to anybody.
 */
export function chooseTransport(
  specs: readonly TransportSpec[],
  udp: UdpOffer | undefined,
  way: "tcp" | "udp" | undefined,
): TransportSpec | undefined {
  return specs.find((spec) => {
    if (spec.multicast || spec.mode !== "PLAY") return false;
    if (spec.protocol === "RTP/AVP/TCP") return way !== "udp";
    return way !== "tcp" && udp !== undefined && isGoodUdp(spec, udp);
  });
}

function isGoodUdp({ protocol, clientPorts, destination }: TransportSpec, udp: UdpOffer): boolean {
  return (protocol === "RTP/AVP" || protocol === "RTP/AVP/UDP") &&
    clientPorts !== undefined &&
    Math.min(clientPorts.rtp, clientPorts.rtcp) >= LEAST_CLIENT_PORT &&
    (destination === undefined || destination === udp.peer);
}
