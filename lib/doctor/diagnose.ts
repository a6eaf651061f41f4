/** From findings to the one cause that matters most. Pure. @module */

import { formatEndpoint } from "../endpoint.ts";
import type { Duration } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { type Cause, type DoctorExitCode, rowOf } from "./cause.ts";
import type { Findings, ServerFinding, WayFinding } from "./findings.ts";

export interface Diagnosis {
  readonly type: Cause["type"];
  /** One sentence each. */
  readonly cause: string;
  readonly remedy: string;
  readonly exitCode: DoctorExitCode;
}

/** A clock that is off by less troubles no server known. */
const CLOCK_TOLERANCE: Duration = 60_000;

/** An answer that takes longer is worth a remark. */
const SLOW: Duration = 2_000;

/** A loss above this shows in the picture's delay. */
const LOSSY = 0.05;

/** What is wrong, and what to do about it. */
export function diagnose(findings: Findings): Diagnosis {
  const cause = causeOf(findings);
  const { exitCode, says, remedy } = rowOf(cause);
  return { type: cause.type, cause: says(cause), remedy: remedy(cause), exitCode };
}

/** The cause that explains the findings best. */
export function causeOf(findings: Findings): Cause {
  if (findings.stream?.hasKeyframe === true) {
    return lossOfCamera(findings) ?? breaking(findings) ?? pinned(findings) ??
      remark(findings) ?? { type: "works", way: findings.stream.way };
  }
  const unable = unresolved(findings) ?? streamCause(findings) ?? lossOfCamera(findings);
  if (unable !== undefined) return unable;
  if (findings.isSpared) return { type: "spared" };
  const end = findings.lookupEnd ?? lastEnd(findings.ways) ?? UNTRIED;
  return causeOfEnd(findings, end);
}

function unresolved({ names, ways }: Findings): Cause | undefined {
  const [name] = names;
  const isNone = name !== undefined && names.every(({ addresses }) => addresses.length === 0);
  return isNone && !ways.some(isOpen) ? { type: "unresolved", name } : undefined;
}

/** It was reached, and later in the same examination it does not answer any more. */
function lossOfCamera({ ways, isPassedOn, isGone: isMissed }: Findings): Cause | undefined {
  const last = ways.findLast(({ outcome }) => outcome !== "skipped");
  if (last?.end === undefined || !ways.some(wasReached)) return undefined;
  const { end, way } = last;
  if (isMissed) return { type: "lost", end };
  // A relay may go while the camera stays.
  const isGone = end.stage === "open"
    ? way !== "relay"
    : isPassedOn && end.reason === "timeout" && CAMERA_STAGES.has(end.stage);
  return isGone ? { type: "lost", end } : undefined;
}

/** It begins, but it does not last on any way. */
function breaking({ ways }: Findings): Cause | undefined {
  const open = ways.filter(isOpen);
  const [first] = open;
  if (first?.breach === undefined || open.some(({ breach }) => breach === undefined)) {
    return undefined;
  }
  return { type: "stream-breaks", end: first.breach };
}

function pinned({ wanted, ways, stream }: Findings): Cause | undefined {
  if (wanted === "auto" || stream === undefined) return undefined;
  const own = ways.find(({ way }) => way === wanted);
  if (own === undefined || own.outcome !== "failed") return undefined;
  return { type: "pinned-way", wanted, open: ways.filter(isOpen).map(({ way }) => way) };
}

/** What is worth knowing of a camera that works; the weightiest first. */
function remark(findings: Findings): Cause | undefined {
  const { ways, stream, lookupEnd } = findings;
  const way = stream?.way ?? "relay";
  if (lookupEnd !== undefined && way === "lan") return { type: "works-lan-only", end: lookupEnd };
  const open = ways.filter(isOpen);
  const tried = ways.filter(({ outcome }) => outcome !== "skipped");
  if (open.length === 1 && way === "relay" && tried.length > 1) {
    return { type: "works-relay-only", way };
  }
  const breach = open.find((one) => one.breach !== undefined);
  if (breach?.breach !== undefined) {
    return { type: "works-breaking", way: breach.way, end: breach.breach };
  }
  const lossy = open.find(({ loss = 0 }) => loss > LOSSY);
  if (lossy !== undefined) return { type: "works-lossy", way: lossy.way, loss: lossy.loss ?? 0 };
  const relay = ways.find((one) => one.way === "relay" && one.outcome === "failed");
  if (relay?.end !== undefined) return { type: "works-without-relay", way, end: relay.end };
  return remarkOnServers(findings);
}

function remarkOnServers({ servers, vendor, cameraAfter }: Findings): Cause | undefined {
  const clock = remarkOnClocks(servers);
  if (clock !== undefined) return clock;
  // A relay of Reolink's is heard only when the camera is.
  const own = servers.filter(({ role }) => vendor === "dahua" || role !== "relay");
  const silent = own.filter(({ answers, garbage }) => answers + garbage === 0);
  if (silent.length > 0) return { type: "works-silent-servers", servers: namesOf(silent) };
  const garbled = own.filter(({ answers, garbage }) => answers === 0 && garbage > 0);
  if (garbled.length > 0) return { type: "works-garbled-servers", servers: namesOf(garbled) };
  const slow = own.find(({ after = 0 }) => after > SLOW);
  if (slow !== undefined) {
    const server = formatEndpoint(slow.endpoint);
    return { type: "works-slow-server", server, after: slow.after ?? 0 };
  }
  const isSlow = vendor === "dahua" && cameraAfter !== undefined && cameraAfter > SLOW;
  return isSlow ? { type: "works-slow-camera", after: cameraAfter } : undefined;
}

/** Whose clock is wrong: a server's, where another one has no quarrel with ours. */
function remarkOnClocks(servers: readonly ServerFinding[]): Cause | undefined {
  const off = servers.find(({ clockAhead = 0 }) => Math.abs(clockAhead) > CLOCK_TOLERANCE);
  if (off?.clockAhead === undefined) return undefined;
  const [first] = servers;
  const isContent = (one: ServerFinding) =>
    one.clockAhead === undefined
      ? one === first && one.answers > 0
      : Math.abs(one.clockAhead) <= CLOCK_TOLERANCE;
  return servers.some(isContent)
    ? {
      type: "works-wrong-server-clock",
      server: formatEndpoint(off.endpoint),
      off: off.clockAhead,
    }
    : { type: "works-wrong-clock", ahead: off.clockAhead };
}

/** A way was open, and the stream was asked for in vain. */
function streamCause({ stream, hasPassword }: Findings): Cause | undefined {
  if (stream?.end === undefined) return undefined;
  const { end, hasAnswered, isWayLost } = stream;
  if (isWayLost) return { type: "lost", end };
  if (end.reason === "auth") {
    return { type: hasPassword ? "password-refused" : "password-missing", end };
  }
  if (end.stage === "login") return { type: "login-failed", end };
  if (end.reason === "timeout") return { type: hasAnswered ? "no-keyframe" : "stream-silent", end };
  return { type: "no-stream", end };
}

/** Why no way opened. */
function causeOfEnd(findings: Findings, end: TunnelEnd): Cause {
  const { stage, reason } = end;
  if (reason === "auth") return causeOfRefusal(findings, end);
  if (stage === "open") return { type: "lost", end };
  if (!findings.hasHeard && findings.servers.length > 0) {
    const isOther = findings.otherClouds.some(({ knows }) => knows !== undefined);
    const servers = namesOf(findings.servers);
    return isOther ? { type: "server-silent", end } : { type: "nothing-answers", servers };
  }
  if (PATH_STAGES.has(stage)) return causeOfNoWay(findings, end);
  const role = ROLE_OF_STAGE[stage];
  const garbled = garbledServers(findings, role);
  if (reason === "protocol" || (reason === "timeout" && garbled.length > 0)) {
    return { type: "server-garbled", servers: namesOf(garbled), end };
  }
  if (reason === "unreachable" && !RELAY_STAGES.has(stage)) return causeOfUnknown(findings, end);
  if (RELAY_STAGES.has(stage)) return { type: "relay-down", end };
  if (CAMERA_STAGES.has(stage) && findings.isPassedOn) return { type: "camera-silent", end };
  if (stage === "starting" || stage === "connecting") return { type: "not-started", end };
  return { type: reason === "peer" ? "server-refuses" : "server-silent", end };
}

function causeOfRefusal({ hasPassword, isSaltRefused }: Findings, end: TunnelEnd): Cause {
  if (SERVER_STAGES.has(end.stage)) return { type: "client-refused", end };
  if (!hasPassword) return { type: "password-missing", end };
  return { type: isSaltRefused ? "salt-unknown" : "password-refused", end };
}

function causeOfUnknown({ otherClouds }: Findings, end: TunnelEnd): Cause {
  const other = otherClouds.find(({ knows }) => knows === true);
  if (other !== undefined) return { type: "other-cloud", server: other.server };
  return { type: "unknown-camera", end };
}

/** Everything is known but the path. A camera nothing was ever heard of is silent on all of them. */
function causeOfNoWay({ ways, vendor }: Findings, end: TunnelEnd): Cause {
  // A Reolink camera is told to knock on every path: one that lives is heard over the relay.
  const isSilent = vendor === "reolink" && ways.every(({ outcome }) => outcome === "failed");
  return isSilent && ways.some(({ way }) => way === "relay")
    ? { type: "camera-silent", end }
    : { type: "no-way", end };
}

/** Those of a role that send nothing but garbage, where no other one does better. */
function garbledServers(
  { servers }: Findings,
  role: ServerFinding["role"] | undefined,
): readonly ServerFinding[] {
  const own = servers.filter((server) => server.role === role);
  if (own.some(({ answers }) => answers > 0)) return [];
  return own.filter(({ garbage }) => garbage > 0);
}

function lastEnd(ways: readonly WayFinding[]): TunnelEnd | undefined {
  return ways.findLast(({ end }) => end !== undefined)?.end;
}

function wasReached({ outcome, end }: WayFinding): boolean {
  return outcome === "open" || end?.stage === "open";
}

function isOpen({ outcome }: WayFinding): boolean {
  return outcome === "open";
}

function namesOf(servers: readonly ServerFinding[]): readonly string[] {
  return servers.map(({ endpoint }) => formatEndpoint(endpoint));
}

/** Stages in which the camera itself has to answer. */
const CAMERA_STAGES: ReadonlySet<string> = new Set(["channel", "authenticate", "relay-channel"]);

/** Stages that are about one path and no other. */
const PATH_STAGES: ReadonlySet<string> = new Set([
  "discover",
  "punching",
  "authenticating",
]);

/** Stages of the relay servers. */
const RELAY_STAGES: ReadonlySet<string> = new Set(["relay-lookup", "relay-agent", "relay-start"]);

/** Stages in which only servers can refuse. */
const SERVER_STAGES: ReadonlySet<string> = new Set([
  "main-probe",
  "locate",
  "device-probe",
  "relay-lookup",
  "relay-agent",
  "relay-start",
]);

const ROLE_OF_STAGE: Readonly<Record<string, ServerFinding["role"]>> = {
  "main-probe": "main",
  "locate": "main",
  "lookup": "lookup",
  "register": "register",
  "relay-agent": "relay",
  "relay-start": "agent",
};

const UNTRIED: TunnelEnd = {
  reason: "local",
  stage: "starting",
  detail: "nothing was tried",
  advice: "",
};
