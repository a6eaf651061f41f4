/**
 * The hub as its callers see it: the HTTP API, MQTT, the console and the command line. Types only.
 *
 * Whatever can go wrong comes as a member of a union, told apart by `type`, so that nobody has to
 * read text to find a status or an exit code. Names of cameras are compared without regard to case;
 * what is given back is spelled as the configuration has it. Times called `at`, `since` or `until`
 * are milliseconds since 1970; spans are milliseconds.
 *
 * Nothing here holds a secret, nor a serial number or UID unless a camera's name is one.
 *
 * @module
 */

import type { CameraAddress } from "../config/camera_address.ts";
import type { ControlOrder } from "../config/control_order.ts";
import type { CameraConfig, CameraMode } from "../config/daemon_config.ts";
import type { CloseReason, Duration } from "../machine.ts";
import type { Source } from "../media/source.ts";
import type { Control, ControlEvent, ControlResult } from "./controls.ts";

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

/** All cameras of one daemon. */
export interface Hub {
  readonly events: EventLog;

  /** In the order of the configuration, those added at run time last. */
  list(): readonly CameraStatus[];
  get(name: string): CameraStatus | undefined;

  /**
   * Has the camera reached and its main path kept open: for as long as `options.for` says, or until
   * `stop` where it does not say. Repeated calls extend that, and never shorten it; however many
   * overlap, they make one session. The lease stands from the first moment, so that with
   * `timedOut` and `failed`, too, the hub goes on trying until it ends.
   */
  start(name: string, options: StartOptions): Promise<StartResult>;

  /**
   * Closes the camera now: ends its lease and every viewer. Resolves once it is closed; the same
   * for a camera that is closed already. The next viewer of an on-demand camera, or the next
   * `start`, opens it again. A camera that is `always` open stays closed until then, too.
   */
  stop(name: string, cause: Cause): Promise<StopResult>;

  /** Adds a camera, or changes it; one that is the same already is left alone, streams and all. */
  put(config: CameraConfig): Promise<PutResult>;
  /** Closes a camera and forgets it. */
  remove(name: string): Promise<RemoveResult>;

  /**
   * The latest picture as JPEG. Asks a camera that is open for a new one; never wakes or reaches
   * one that is not: then it is the last one there was.
   */
  snapshot(name: string, signal: AbortSignal): Promise<SnapshotResult>;

  /** Has an open camera do something; never wakes or reaches one. What moves stops by itself. */
  control(
    name: string,
    order: ControlOrder,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ControlResult>;

  /** Who had the camera reached, when and why, oldest first; `undefined` for an unknown name. */
  wakes(name: string): readonly WakeRecord[] | undefined;

  /**
   * The stream an RTSP path names: `/NAME`, `/NAME/sub`, `/NAME/ch2/sub`, with `?peek` for one that
   * never reaches the camera. Waits for the camera as long as viewers are known to; reading the
   * source counts as a viewer.
   */
  open(path: string, options: OpenOptions): Promise<OpenResult>;
}

/** What had somebody act on a camera: for the ledger and the log. */
export interface Cause {
  /**
   * - `viewer`: somebody watches, over RTSP or in the console
   * - `api`, `mqtt`, `cli`: a call
   * - `mode`: it is configured to be open always
   * - `forward`: a connection to one of its forwarded ports
   * - `camera`: nobody here; the camera woke by itself
   */
  readonly by: "viewer" | "api" | "mqtt" | "cli" | "mode" | "forward" | "camera";
  /** Name of a token, or address of a viewer. Shown in the ledger, never in metrics. */
  readonly who?: string;
}

export interface StartOptions {
  /** How long the lease runs from now; without end where it is left out. */
  readonly for?: Duration;
  /** `frame`: resolve only with a key frame in hand, or with why there is none. */
  readonly wait?: "frame";
  /** How long to wait, at most. Default 18 s, as Frigate gives up after 20. */
  readonly timeout?: Duration;
  readonly cause: Cause;
  /** The asker went away: waiting ends, the lease stands. */
  readonly signal?: AbortSignal;
}

export type StartResult =
  /** Without `wait`: being reached, or open already. */
  | { readonly type: "started"; readonly status: CameraStatus }
  /** With `wait`: a key frame of the present session is in hand, so old. */
  | { readonly type: "frame"; readonly status: CameraStatus; readonly keyframeAge: Duration }
  /** None came in time, or the asker went away. */
  | {
    readonly type: "timedOut";
    readonly stage: string;
    readonly detail: string;
    readonly advice: string;
    readonly status: CameraStatus;
  }
  /** Waiting longer would not help: `error.reason` is `auth` or `unreachable`. */
  | { readonly type: "failed"; readonly error: CameraError; readonly status: CameraStatus }
  | Refused
  | BudgetSpent
  | UnknownCamera;

export type StopResult =
  /** `closed` says whether there was anything to close. */
  | { readonly type: "stopped"; readonly closed: boolean; readonly status: CameraStatus }
  | UnknownCamera;

export type PutResult =
  | { readonly type: "added"; readonly status: CameraStatus }
  /** `restarted`: it had to be closed for the change, and viewers with it. */
  | { readonly type: "changed"; readonly restarted: boolean; readonly status: CameraStatus }
  | { readonly type: "unchanged"; readonly status: CameraStatus }
  | Refused;

export type RemoveResult = { readonly type: "removed" } | UnknownCamera;

export type SnapshotResult =
  | {
    readonly type: "picture";
    /** JPEG. */
    readonly bytes: Uint8Array;
    readonly age: Duration;
  }
  /** There is none: the camera has no way to give one, or was never open. */
  | { readonly type: "none"; readonly detail: string; readonly advice: string }
  /** The camera was asked, and failed to answer with one. */
  | { readonly type: "failed"; readonly error: CameraError }
  | UnknownCamera;

export interface OpenOptions {
  readonly cause: Cause;
  /** The asker went away. */
  readonly signal: AbortSignal;
}

export type OpenResult =
  | { readonly type: "source"; readonly source: Source }
  | { readonly type: "failed"; readonly error: CameraError }
  | Refused
  | BudgetSpent
  /** No such camera, or no such stream of it. */
  | UnknownCamera;

/** Not done, and a repeat would not be either. */
export interface Refused {
  readonly type: "refused";
  /**
   * - `manual`: the camera serves viewers only while a lease runs
   * - `limit`: there are too many of something already
   * - `listen`: a forwarded port could not be had
   * - `closing`: the daemon is ending, or the camera is being removed
   * - `nothing`: `?peek` at a camera that has shown no picture yet
   * - `closed`: an order for a camera that is not open
   * - `control`: an order for something the camera does not have
   */
  readonly why: "manual" | "limit" | "listen" | "closing" | "nothing" | "closed" | "control";
  readonly detail: string;
  readonly advice: string;
}

/** The camera's wake budget does not allow it now. */
export interface BudgetSpent {
  readonly type: "budget";
  /** How long until it does; a guess where it depends on the battery. */
  readonly retryAfter: Duration;
  readonly detail: string;
  readonly advice: string;
}

export interface UnknownCamera {
  readonly type: "unknown";
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

/** The latest events, numbered. Those of one daemon and the next have numbers that grow. */
export interface EventLog {
  /** Of the latest event. */
  readonly lastId: number;
  /**
   * The events after the one numbered `id`, oldest first. `missed` says that there were more, which
   * are kept no longer: what the reader knows has to be read anew.
   */
  since(id: number): { readonly events: readonly HubEvent[]; readonly missed: boolean };
  /** Calls `listener` with each new event, at once; it must not throw. Returns how to end that. */
  subscribe(listener: (event: HubEvent) => void): () => void;
}

/** Something that happened. `camera` is absent where it concerns the daemon. */
export type HubEvent = EventData & {
  readonly id: number;
  readonly at: number;
};

export type EventData =
  /** A camera's state changed. */
  | {
    readonly type: "state";
    readonly camera: string;
    readonly state: CameraState;
    readonly previous: CameraState;
    readonly way: Way | undefined;
    readonly stage: string | undefined;
    /** Of `failed`. */
    readonly error: CameraError | undefined;
    readonly retryAt: number | undefined;
    /** Of `idle` and `sleeping`: why it was closed, as a clause. */
    readonly detail: string | undefined;
  }
  /** The connection moved to another way, without closing. */
  | { readonly type: "way"; readonly camera: string; readonly way: Way }
  /** A way that was tried leads nowhere; another may. */
  | {
    readonly type: "wayFailed";
    readonly camera: string;
    readonly way: Way;
    readonly detail: string;
  }
  /** An attempt failed, or a connection was lost. */
  | {
    readonly type: "error";
    readonly camera: string;
    readonly error: CameraError;
    readonly retryAt: number | undefined;
  }
  /** Somebody began or ceased to watch; how many do now. */
  | {
    readonly type: "viewers";
    readonly camera: string;
    readonly path: string;
    readonly viewers: number;
  }
  | {
    readonly type: "lease";
    readonly camera: string;
    readonly change: "begun" | "extended" | "ended";
    readonly until: number | undefined;
    /** Absent where it ended as its time was over, or with the camera. */
    readonly cause: Cause | undefined;
  }
  /** Closed by a call of `stop`. */
  | { readonly type: "stopped"; readonly camera: string; readonly cause: Cause }
  /** The camera is being reached, or was not as its budget is spent. */
  | {
    readonly type: "wake";
    readonly camera: string;
    readonly cause: Cause;
    readonly allowed: boolean;
  }
  | { readonly type: "battery"; readonly camera: string; readonly battery: BatteryStatus }
  | ControlEvent
  /** What a camera that tells of motion sees; only while it is connected, and nothing after that. */
  | { readonly type: "motion"; readonly camera: string } & Sighting
  /** An open stream froze and is asked for again; `renewed` over a new connection. */
  | {
    readonly type: "stall";
    readonly camera: string;
    readonly path: string;
    readonly renewed: boolean;
  }
  /** The list of cameras changed. */
  | {
    readonly type: "camera";
    readonly camera: string;
    readonly change: "added" | "changed" | "removed";
  }
  /** The configuration file was read again. */
  | {
    readonly type: "config";
    readonly outcome: "applied" | "rejected";
    readonly detail: string;
  };
