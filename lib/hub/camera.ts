/**
 * A camera of any vendor, as the hub drives it: how it is connected and pulled, and nothing of
 * whom for. Types only.
 *
 * It does nothing by itself: it connects for the first pull or port, stays connected until it is
 * told to let go what nobody uses, and comes back only for those who wait. Who may have it
 * connected, how long it is kept, leases, retries of a stream, viewers and key frames are the hub's.
 *
 * @module
 */

import type { ControlOrder } from "../config/control_order.ts";
import type { MachineStream } from "../io/machine_stream.ts";
import type { World } from "../io/types.ts";
import type { Duration } from "../machine.ts";
import type { AccessUnit } from "../media/track.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import type { BatteryStatus, CameraState, Sighting, Way } from "./camera_status.ts";
import type { Control } from "./controls.ts";
import type { LinkFigures } from "./link/link.ts";
import type { BudgetError } from "./link/link_error.ts";
import type { Pull } from "./media/media_path.ts";

export interface Camera {
  /** Figures of its connections, the past ones included where they are sums. */
  readonly figures: LinkFigures;

  /**
   * Begins to pull a stream, connecting where it must; `onUnit` hears every access unit. `stream` is
   * a name `streamName()` gave. Rejects with `LinkError`.
   */
  pull(stream: string, onUnit: (unit: AccessUnit) => void, signal: AbortSignal): Promise<Pull>;

  /** Opens a TCP connection to a port of the device; absent where a vendor has none. */
  openPort?(port: number): Promise<MachineStream>;

  /**
   * Asks for a picture as JPEG over the connection there is; absent where a vendor has none. Rejects
   * with `LinkError`.
   */
  snapshot?(signal: AbortSignal): Promise<Uint8Array>;

  /**
   * Whether it has a loudspeaker: asked over the connection there is, and never a reason to connect.
   * Absent where a vendor has none.
   */
  canTalk?(signal: AbortSignal): Promise<boolean>;

  /** Opens its loudspeaker over the connection there is. Rejects with `LinkError`. */
  talk?(): Promise<TalkLine>;

  /**
   * Has it do something over the connection there is, and resolves once it is done: false where it
   * cannot be told such a thing. A movement ends with `signal`, too. Absent where orders need an
   * account that is not known. Rejects with `LinkError`.
   */
  control?(order: ControlOrder, signal: AbortSignal): Promise<boolean>;

  /** Connects anew, as pulls over the present connection do not do their work. */
  renew(): void;

  /** Until the next pull or port, ends connections as soon as nobody uses them. */
  releaseUnused(): void;

  /** Ends every connection in good order; it is of no use any more. */
  close(): Promise<void>;
}

/** A camera's loudspeaker, open. */
export interface TalkLine {
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples of each block. */
  readonly blockLength: number;
  /** Has a block played after those before. Rejects with `LinkError` once the line is over. */
  write(block: Int16Array): Promise<void>;
  /** Ends it once everything was played. Rejects with `LinkError`. */
  end(): Promise<void>;
}

/** What a camera is made with, besides its address. */
export interface CameraOptions {
  readonly world: World;
  /** Asked before each connection that is made while there is none: why it must not be. */
  readonly admit: () => BudgetError | undefined;
  readonly onEvent: (event: CameraEvent) => void;
  /** A bug of ours came up; the camera is of no more use. */
  readonly onBug: (error: unknown) => void;
}

/** The states of a camera on the way to a connection. */
export type ConnectingState = Extract<CameraState, "locating" | "punching" | "authenticating">;

/** What a camera tells of its connections. */
export type CameraEvent =
  /** An attempt to connect began, or came further. */
  | { readonly type: "connecting"; readonly state: ConnectingState }
  /** A step of an attempt, finer than its state. */
  | {
    readonly type: "step";
    readonly stage: string;
    readonly status: "started" | "answered" | "failed";
  }
  /** A way was tried and leads nowhere; another may. */
  | { readonly type: "wayFailed"; readonly way: Way; readonly detail: string }
  /** Connected; comes again when the connection moves to another way. */
  | { readonly type: "connected"; readonly way: Way }
  /**
   * An attempt failed, or the last connection was lost. The next attempt, where somebody waits for
   * one, comes after `retryIn`; never where that is infinite. `mayHaveWoken: false` says that the
   * attempt did not come far enough to wake a camera that sleeps.
   */
  | {
    readonly type: "lost";
    readonly end: TunnelEnd;
    readonly retryIn: Duration;
    readonly mayHaveWoken?: boolean;
  }
  /** The last connection was let go. */
  | { readonly type: "disconnected" }
  /** What it runs on has turned out; comes as often as it does. */
  | { readonly type: "power"; readonly runsOnBattery: boolean }
  | { readonly type: "sighting"; readonly sighting: Sighting }
  | { readonly type: "battery"; readonly battery: Omit<BatteryStatus, "at"> }
  /** What it can be told to do has turned out. */
  | { readonly type: "controls"; readonly controls: readonly Control[] }
  /** For the log alone, at level debug. */
  | {
    readonly type: "note";
    readonly message: string;
    readonly fields: Readonly<Record<string, string | number | undefined>>;
  };

/** What is known of a camera from its address alone. */
export interface CameraModel {
  /** Names of the streams that are listed for it; the camera's own is `""`. */
  readonly streams: readonly string[];
  /** Whether it may turn out to run on a battery: until it has, it is spared as if it did. */
  readonly mayRunOnBattery?: boolean;
  /**
   * The one name of the stream these words behind the camera's own name in a path stand for, or
   * `undefined`. `[]` is the camera's own stream, `""`.
   */
  streamName(words: readonly string[]): string | undefined;
  connect(options: CameraOptions): Camera;
}
