/**
 * What there is to say of a camera. Types only.
 *
 * Nothing here holds a secret, nor a serial number or UID unless a camera's name is one. Times
 * called `at`, `since` or `until` are milliseconds since 1970; spans are milliseconds.
 *
 * @module
 */

import type { CameraAddress } from "../config/camera_address.ts";
import type { CameraMode } from "../config/daemon_config.ts";
import type { CloseReason, Duration } from "../machine.ts";
import type { Cause } from "./cause.ts";
import type { Control } from "./controls.ts";

export type Vendor = CameraAddress["vendor"];

/** The path a camera is reached by. `tcp` is a camera on the LAN by address, without any tunnel. */
export const WAYS = ["lan", "direct", "map", "relay", "tcp"] as const;

export type Way = (typeof WAYS)[number];

/**
 * - `idle`: not connected, and nobody wants it
 * - `locating`, `punching`, `authenticating`: on the way to it
 * - `starting`: reached; the stream is being asked for, no picture yet
 * - `open`: pictures come, or another connection to it is in use
 * - `sleeping`: a battery camera at rest
 * - `failed`: could not be had; `lastError` says why, `retryAt` when it is tried again
 */
export const CAMERA_STATES = [
  "idle",
  "locating",
  "punching",
  "authenticating",
  "starting",
  "open",
  "sleeping",
  "failed",
] as const;

export type CameraState = (typeof CAMERA_STATES)[number];

export interface CameraStatus {
  readonly name: string;
  readonly vendor: Vendor;
  readonly mode: CameraMode;
  readonly state: CameraState;
  /** Since when it is in that state. */
  readonly since: number;
  /** Present while it is connected. */
  readonly way: Way | undefined;
  /** The step it is at, finer than `state`, while it is being reached or has failed. */
  readonly stage: string | undefined;
  /** Paths of the RTSP listener for its main and sub stream: `/front`, `/front/sub`. */
  readonly paths: readonly string[];
  /** The streams asked for so far. */
  readonly streams: readonly StreamStatus[];
  /** Over all streams; those who peek are not counted, as they keep nothing open. */
  readonly viewers: number;
  /** Bytes of its streams since the daemon started. */
  readonly bytes: ByteCounts;
  /** Round trip of the present connection, smoothed. */
  readonly rtt: Duration | undefined;
  /** Share of what the camera sent that was lost at first, 0 to 1; over the present connection. */
  readonly loss: number | undefined;
  /** Since the daemon started, as are all counters. */
  readonly counters: CameraCounters;
  /** Present while a lease runs; one without `until` runs until `stop`. */
  readonly lease: { readonly until: number | undefined } | undefined;
  /** When a failed camera is tried again by itself; never where it is not given. */
  readonly retryAt: number | undefined;
  readonly lastError: CameraError | undefined;
  /** Of a battery camera that has told. */
  readonly battery: BatteryStatus | undefined;
  /** What it can be told to do; absent until it has said so. */
  readonly controls: readonly Control[] | undefined;
  /** Age of the latest key frame of any stream. */
  readonly keyframeAge: Duration | undefined;
  /** The steps of the present or latest handshake, in the order they began. */
  readonly handshake: readonly HandshakeStep[];
  /** Ports of the device offered on this machine, as `ADDRESS:PORT`. */
  readonly forwards: readonly { readonly listen: string; readonly devicePort: number }[];
  /** Whether it is from the configuration file or was added at run time. */
  readonly origin: "config" | "runtime";
}

export interface StreamStatus {
  /** Of the RTSP listener. */
  readonly path: string;
  readonly state: "idle" | "starting" | "open" | "failed";
  readonly viewers: number;
  /** Codecs, e.g. `H264`, `PCMA`; empty until the camera has told. */
  readonly tracks: readonly string[];
  readonly keyframeAge: Duration | undefined;
}

export interface ByteCounts {
  /** From the camera, by the way they took; every way that was used. */
  readonly received: Readonly<Partial<Record<Way, number>>>;
  /** Media handed to viewers. */
  readonly sent: number;
}

export interface CameraCounters {
  /** Streams asked of the camera: the first of each, and each that replaced another. */
  readonly pulls: number;
  /** Times an open stream froze and was replaced. */
  readonly stalls: number;
  /** Times a connection was lost while it was wanted. */
  readonly reconnects: number;
  /** Connections made, or tried so far that they may have woken a battery camera. */
  readonly wakes: number;
  /** Attempts to connect that failed. */
  readonly failures: number;
  /** Segments sent to the camera again. */
  readonly retransmits: number;
}

export interface BatteryStatus {
  /** 0 to 100. */
  readonly percent: number;
  readonly charging: boolean;
  readonly at: number;
}

export interface HandshakeStep {
  readonly stage: string;
  /** When it began. */
  readonly at: number;
  /** Absent while it lasts. */
  readonly duration: Duration | undefined;
  readonly outcome: "running" | "ok" | "failed";
}

/** Why a camera could not be had, or was lost. */
export interface CameraError {
  readonly reason: CloseReason;
  /** How far it had come: a state, or a finer step of one. */
  readonly stage: string;
  /** What happened, as a clause. */
  readonly detail: string;
  /** What to do about it, as a sentence; empty when there is nothing to do. */
  readonly advice: string;
  readonly at: number;
}

/** What a camera sees, by its own lights. */
export interface Sighting {
  /** Something moves. */
  readonly motion: boolean;
  /** Somebody rings. */
  readonly visitor: boolean;
  /** What it is, in the camera's words: `people`, `vehicle`, `dog_cat`, … */
  readonly kinds: readonly string[];
}

/** One time the camera was reached: of a battery camera, what may have woken it. */
export interface WakeRecord {
  readonly at: number;
  readonly cause: Cause;
  /**
   * - `connecting`, `connected`: as things are
   * - `closed`: was connected, and is not any more
   * - `failed`: could not be reached
   * - `refused`: its budget was spent
   */
  readonly outcome: "connecting" | "connected" | "closed" | "failed" | "refused";
  /** How long it was connected; so far, where it is. */
  readonly connectedFor: Duration | undefined;
  readonly detail: string | undefined;
  /** Of a battery camera that has told: its charge in per cent, first and last, while connected. */
  readonly charge: { readonly first: number; readonly last: number } | undefined;
}
