import type { Endpoint } from "../machine.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import type {
  ReolinkSignalingCounters,
  ReolinkSignalingEvent,
} from "./signaling/signaling_event.ts";
import type { ReolinkWay } from "./signaling/signaling_options.ts";

export type ReolinkTunnelState = "locating" | "punching" | "open" | "closed";

export type ReolinkTunnelEvent =
  | { readonly type: "state"; readonly state: ReolinkTunnelState }
  /** A step of the signaling began or ended. */
  | Extract<ReolinkSignalingEvent, { readonly type: "stage" }>
  /** The stream may be written and read. Comes once. */
  | { readonly type: "open"; readonly way: ReolinkWay; readonly peer: Endpoint }
  /** There is something to read where there was nothing: read until `undefined`. */
  | { readonly type: "readable" }
  /** A writer that found no space may go on. */
  | { readonly type: "writable" }
  | { readonly type: "closed" } & TunnelEnd;

/** Datagrams that came to nothing, by cause. */
export interface ReolinkTunnelCounters extends ReolinkSignalingCounters {
  /** Nothing of Reolink's. */
  readonly garbage: number;
  /** Data or acknowledgements where there is no connection, e.g. of the one before. */
  readonly stray: number;
}
