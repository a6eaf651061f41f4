/** What happens to cameras, and the log of it. Types only. @module */

import type { BatteryStatus, CameraError, CameraState, Sighting, Way } from "./camera_status.ts";
import type { Cause } from "./cause.ts";
import type { Control } from "./controls.ts";

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

/** What the hub tells of controls. */
export type ControlEvent =
  /** What the camera can be told became known, or is something else now. */
  | {
    readonly type: "controls";
    readonly camera: string;
    readonly controls: readonly Control[];
  }
  /** The camera was given an order, or was to be. */
  | {
    readonly type: "control";
    readonly camera: string;
    /** In words: `ptz left`. */
    readonly order: string;
    readonly outcome: "done" | "failed" | "refused";
    /** Why it was not done, as a clause. */
    readonly detail: string | undefined;
    readonly cause: Cause;
  };
