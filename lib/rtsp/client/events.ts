/** What a client session tells: types only. @module */

import type { CloseReason } from "../../machine.ts";
import type { ParsedSession } from "../../sdp/parsed.ts";
import type { RtpInfo } from "../rtp_info.ts";
import type { ChannelPair } from "../transport_header.ts";

/** A track that has been set up. */
export interface SetUpTrack {
  /** Its index in the description. */
  readonly index: number;
  readonly channels: ChannelPair;
  /** Where it begins, as far as the camera says so. */
  readonly info: RtpInfo | undefined;
}

/** How a session came to an end. */
export interface ClientEnd {
  readonly reason: CloseReason;
  readonly detail: string;
  /** The status of the response that ended it, where one did. */
  readonly status?: number;
}

/** The last event is `closed`. */
export type ClientEvent =
  /** What the camera has; call `setUp()` with the tracks wanted. */
  | { readonly type: "described"; readonly session: ParsedSession }
  /** Packets follow, or have come already. Tracks the camera would not set up are not here. */
  | { readonly type: "playing"; readonly tracks: readonly SetUpTrack[] }
  /** A whole packet as sent, RTP's or RTCP's by its version; `bytes` is never written to again. */
  | {
    readonly type: "packet";
    /** Index of the track in the description. */
    readonly track: number;
    readonly kind: "rtp" | "rtcp";
    readonly bytes: Uint8Array;
  }
  /** Send what is left of the output, then close the connection. */
  | ClientEnd & { readonly type: "closed" };

/** What was not as it should be, and was got over. All only grow. */
export interface ClientCounters {
  /** Packets passed on. */
  packets: number;
  /** Frames on channels nobody agreed on. */
  unknownFrames: number;
  /** Frames that hold neither RTP nor RTCP. */
  badPackets: number;
  /** Responses to nothing asked. */
  strayResponses: number;
  /** Requests of the camera. */
  serverRequests: number;
  /** Keep-alives not answered while media came. */
  unansweredKeepAlives: number;
  /** Tracks the camera would not set up. */
  refusedTracks: number;
}
