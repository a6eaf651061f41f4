import type { TunnelEnd } from "../../tunnel_end.ts";
import type { CipherMode } from "./cipher.ts";
import type { CodecCounters } from "./codec.ts";
import type { Sighting } from "./commands/alarm_events.ts";
import type { BatteryInfo } from "./commands/battery.ts";
import type { ChannelInfo } from "./commands/channel_list.ts";
import type { FloodlightStatus } from "./commands/floodlight_status.ts";
import type { LoginReply } from "./commands/login.ts";
import type { StreamKind } from "./commands/preview.ts";

/** Something a camera says unasked. */
export type PushEvent =
  /** What it sees, of channels of which that has changed or was asked. */
  | { readonly type: "sightings"; readonly sightings: readonly Sighting[] }
  | { readonly type: "battery"; readonly batteries: readonly BatteryInfo[] }
  | { readonly type: "floodlight"; readonly lights: readonly FloodlightStatus[] }
  | { readonly type: "channels"; readonly channels: readonly ChannelInfo[] }
  /** Picture settings (78), the mobile network (255) and what nobody has heard of. */
  | { readonly type: "push"; readonly id: number };

/** The last event is `closed`. */
export type BaichuanEvent =
  | LoginReply & { readonly type: "loggedIn"; readonly mode: CipherMode }
  /**
   * The next bytes of a stream: the payload of one message, whole. Frames begin and end anywhere in
   * them. Never written to again; mostly a view on what was received.
   */
  | { readonly type: "media"; readonly stream: StreamKind; readonly bytes: Uint8Array }
  /** The camera has ended a stream that ran. */
  | { readonly type: "previewEnded"; readonly stream: StreamKind; readonly code: number }
  /** There is room for more to be said. */
  | { readonly type: "talkWritable" }
  | PushEvent
  /** Send what is left of the output, then close the connection. */
  | { readonly type: "closed" } & TunnelEnd;

/** Messages read, and problems that the session survived. They only grow. */
export interface BaichuanCounters extends CodecCounters {
  /** Messages that answer nothing and say nothing known; media of streams that were stopped. */
  strayMessages: number;
  /** Messages sent unasked whose content cannot be read. */
  badPushes: number;
  /** Pings without a sign of life until the next. */
  missedPings: number;
  /** Questions of the camera, whether we are there, that were answered. */
  keepAlives: number;
}
