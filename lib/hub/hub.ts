/**
 * The hub as its callers see it: the HTTP API, MQTT, the console and the command line. Types only.
 *
 * Whatever can go wrong comes as a member of a union, told apart by `type`, so that nobody has to
 * read text to find a status or an exit code. Names of cameras are compared without regard to case;
 * what is given back is spelled as the configuration has it. Times and spans are as in
 * `camera_status.ts`.
 *
 * @module
 */

import type { ControlOrder } from "../config/control_order.ts";
import type { CameraConfig } from "../config/daemon_config.ts";
import type { Duration } from "../machine.ts";
import type { Source } from "../media/source.ts";
import type { CameraError, CameraStatus, WakeRecord } from "./camera_status.ts";
import type { Cause } from "./cause.ts";
import type { EventLog } from "./hub_event.ts";

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

export type ControlResult =
  /** The camera said that it has done it. */
  | { readonly type: "done"; readonly status: CameraStatus }
  /** The camera was told, and refused or did not answer. */
  | { readonly type: "failed"; readonly error: CameraError }
  | Refused
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
