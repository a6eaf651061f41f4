/** Why a camera could not be reached, for programs and for people. @module */

import { formatEndpoint } from "../../endpoint.ts";
import type { CloseReason, Duration, Endpoint } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Conn } from "./message.ts";
import type { ReolinkEndStage } from "./signaling_event.ts";
import type { ReolinkWay } from "./signaling_options.ts";

/** What the cloud answers in `rsp` when a UID is not registered there [observed]. */
export const RSP_UNKNOWN = -3;

/** What a register answers for a UID that is unknown, or was not heard of lately [observed]. */
const RSP_STALE = -1;

const ADVICE = {
  network: "Check that this machine may send UDP to the internet.",
  names: "Check this machine's name resolution, and the names of the servers.",
  uid:
    "Check the UID, that the camera has internet access, and that UID access (P2P) is enabled in it.",
  lan: "Check the UID, and that the camera is on, awake and in the same network as this machine.",
  camera: "The camera may be off, asleep or restarting: try again in a minute.",
  busy: "The camera may have too many viewers, or be restarting: try again in a minute.",
  way: "This way may not lead through the two networks: try way=auto or way=relay.",
  later: "The vendor's cloud may have a bad day: try again later.",
} as const;

export function explainNoMiddlemen(): TunnelEnd {
  const detail = "the address of no lookup server is known";
  return end("unreachable", "lookup", detail, ADVICE.names);
}

export function explainUnknown(answers: number, asked: number): TunnelEnd {
  const detail =
    `the cloud does not know this UID (${answers} of ${asked} lookup servers answered, none knows it)`;
  return end("unreachable", "lookup", detail, ADVICE.uid);
}

export function explainLookupRefusal(rsp: number): TunnelEnd {
  const detail = `the lookup servers refused (rsp ${rsp})`;
  return end("peer", "lookup", detail, ADVICE.later);
}

export function explainLookupSilence(asked: number, sends: number, elapsed: Duration): TunnelEnd {
  const detail = `none of ${asked} lookup servers answered ${sends} requests in ${
    seconds(elapsed)
  }`;
  return end("timeout", "lookup", detail, ADVICE.network);
}

export function explainRegisterSilence(reg: Endpoint, sends: number): TunnelEnd {
  const detail = `the register ${formatEndpoint(reg)} did not answer ${sends} requests`;
  return end("timeout", "register", detail, ADVICE.later);
}

export function explainRegisterRefusal(reg: Endpoint, rsp: number): TunnelEnd {
  const who = `the register ${formatEndpoint(reg)}`;
  if (rsp === RSP_UNKNOWN || rsp === RSP_STALE) {
    const detail = `${who} does not hear from the camera (rsp ${rsp})`;
    return end("unreachable", "register", detail, ADVICE.uid);
  }
  return end("peer", "register", `${who} refused (rsp ${rsp})`, ADVICE.later);
}

/** The register gave the session up while we were still shaking hands. */
export function explainSessionEnded(tried: readonly string[]): TunnelEnd {
  const detail = `the register gave up before the camera answered${triedAt(tried)}`;
  return end("unreachable", "punching", detail, ADVICE.camera);
}

/**
 * No handshake came to its end.
 *
 * @param hasSpoken Whether the camera was heard at all.
 */
export function explainHandshakeSilence(
  way: ReolinkWay | "auto",
  tried: readonly string[],
  hasSpoken: boolean,
): TunnelEnd {
  const detail = hasSpoken
    ? `the camera did not confirm the handshake${triedAt(tried)}`
    : `the camera did not answer${triedAt(tried)}`;
  const isLimited = way === "lan" || way === "map";
  return end("unreachable", "punching", detail, isLimited ? ADVICE.way : ADVICE.camera);
}

export function explainHandshakeRefusal(conn: Conn, rsp: number): TunnelEnd {
  const detail = `the camera refused the handshake (${conn}, rsp ${rsp})`;
  return end("peer", "punching", detail, ADVICE.busy);
}

/** The camera said goodbye during the handshake. */
export function explainEarlyGoodbye(): TunnelEnd {
  return end("peer", "punching", "the camera ended the session at once", ADVICE.busy);
}

export function explainDiscoverySilence(targets: number, elapsed: Duration): TunnelEnd {
  const detail = `no such camera answered at ${targets} addresses of the LAN in ${
    seconds(elapsed)
  }`;
  return end("unreachable", "discover", detail, ADVICE.lan);
}

export function explainDiscoveryRefusal(camera: Endpoint, rsp: number): TunnelEnd {
  const detail = `the camera at ${formatEndpoint(camera)} refused (rsp ${rsp})`;
  return end("peer", "discover", detail, ADVICE.busy);
}

/** The end of a contact that was established. */
export function explainGoodbye(who: "camera" | "register"): TunnelEnd {
  return end("peer", "open", `the ${who} ended the session`, ADVICE.camera);
}

/** One end for both branches: what the cloud says is more telling, unless a camera on the LAN spoke. */
export function joinEnds(
  lan: TunnelEnd | undefined,
  cloud: TunnelEnd | undefined,
): TunnelEnd | undefined {
  if (cloud === undefined || lan?.reason === "peer") return lan;
  if (lan === undefined) return cloud;
  return { ...cloud, detail: `${cloud.detail}; ${lan.detail}` };
}

function end(
  reason: CloseReason,
  stage: ReolinkEndStage,
  detail: string,
  advice: string,
): TunnelEnd {
  return { reason, stage, detail, advice };
}

function triedAt(tried: readonly string[]): string {
  return tried.length === 0 ? "; no address of it is known" : ` at ${tried.join(", ")}`;
}

function seconds(duration: Duration): string {
  return `${(duration / 1000).toFixed(1)} s`;
}
