import type { CloseReason, Endpoint } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import type { DahuaWay } from "./leg.ts";
import type { PunchEvent } from "./punch.ts";
import type { SignalingEvent } from "./signaling/signaling.ts";

export type DahuaTunnelState = "locating" | "punching" | "authenticating" | "open" | "closed";

export type DahuaTunnelEvent =
  | { readonly type: "state"; readonly state: DahuaTunnelState }
  /** A step of the signaling began or ended. */
  | Extract<SignalingEvent, { readonly type: "stage" }>
  /** A candidate answers. */
  | Extract<PunchEvent, { readonly type: "valid" }>
  /** A way that was tried leads nowhere. */
  | { readonly type: "wayFailed"; readonly way: DahuaWay; readonly detail: string }
  /** Streams may be opened; new ones take this way. Comes again when a better way has opened. */
  | { readonly type: "open"; readonly way: DahuaWay; readonly peer: Endpoint }
  | { readonly type: "streamOpen"; readonly stream: number }
  | { readonly type: "streamReadable"; readonly stream: number }
  | { readonly type: "streamWritable"; readonly stream: number }
  | {
    readonly type: "streamClosed";
    readonly stream: number;
    readonly reason: CloseReason;
    readonly detail: string;
  }
  | { readonly type: "closed" } & TunnelEnd;
