/** Everything the doctor has found out about one camera, as data: types only. @module */

import type { Vendor, Way } from "../hub/camera_status.ts";
import type { Duration, Endpoint } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";

export interface Findings {
  readonly vendor: Vendor;
  /** The way its address asks for. */
  readonly wanted: Way | "auto";
  readonly hasPassword: boolean;
  readonly names: readonly NameFinding[];
  /** Of the vendor, in the order in which they were spoken to. */
  readonly servers: readonly ServerFinding[];
  /** Whether anything at all came back over UDP. */
  readonly hasHeard: boolean;
  /** A server says that it has passed our request on to the camera. */
  readonly isPassedOn: boolean;
  /** The camera's last refusal was about the salt mixed into its password. */
  readonly isSaltRefused: boolean;
  /** Other clouds that were asked whether they know the camera. */
  readonly otherClouds: readonly CloudFinding[];
  /** Why the cloud could not tell where the camera is, or has no way to it. */
  readonly lookupEnd: TunnelEnd | undefined;
  /** How long the camera itself took to answer. */
  readonly cameraAfter: Duration | undefined;
  /** The camera, reached before, could not be reached any more in the end. */
  readonly isGone: boolean;
  /** The camera was not called, as that would wake it if it sleeps. */
  readonly isSpared: boolean;
  /** In the order in which they were tried. */
  readonly ways: readonly WayFinding[];
  /** On the first way that opened. */
  readonly stream: StreamFinding | undefined;
}

export interface NameFinding {
  readonly host: string;
  /** IPv4; none when it cannot be resolved. */
  readonly addresses: readonly string[];
  /** Why not; empty otherwise. */
  readonly detail: string;
}

/**
 * - `main`, `p2p`: Dahua's rendezvous server, and the one that looks after this camera
 * - `lookup`, `register`: Reolink's, in the same roles
 * - `relay`: allots agents, or relays itself
 * - `agent`: relays
 */
export type ServerRole = "main" | "p2p" | "lookup" | "register" | "relay" | "agent";

export interface ServerFinding {
  readonly role: ServerRole;
  readonly endpoint: Endpoint;
  /** Requests sent to it, repetitions included. */
  readonly sent: number;
  /** Datagrams from it that can be read. */
  readonly answers: number;
  /** Datagrams from it that cannot. */
  readonly garbage: number;
  /** From the first request to the first answer. */
  readonly after: Duration | undefined;
  /** By how much our clock is ahead of its; to the second. */
  readonly clockAhead: Duration | undefined;
}

export interface CloudFinding {
  /** `HOST:PORT` */
  readonly server: string;
  /** Absent when it did not answer. */
  readonly knows: boolean | undefined;
}

export interface WayFinding {
  readonly way: Way;
  readonly outcome: "open" | "failed" | "skipped";
  /** Why it failed. */
  readonly end: TunnelEnd | undefined;
  readonly rtt: Duration | undefined;
  /** Share of what the camera sent that was lost at first. */
  readonly loss: number | undefined;
  /** Of one that opened: why the stream stopped soon after its first key frame. */
  readonly breach: TunnelEnd | undefined;
}

export interface StreamFinding {
  readonly way: Way;
  /** Whether the camera said anything at all on the connection the stream was asked for on. */
  readonly hasAnswered: boolean;
  readonly hasKeyframe: boolean;
  /** Why there is no key frame. */
  readonly end: TunnelEnd | undefined;
  /** The way itself was lost meanwhile. */
  readonly isWayLost: boolean;
}
