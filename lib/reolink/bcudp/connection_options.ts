/** Options, events and figures of a BcUDP connection. */

import type { CloseReason, Duration, Endpoint } from "../../machine.ts";

export interface BcUdpOptions {
  /** Which end we are: what the two do differently are defaults, listed below. */
  readonly role: "client" | "camera";
  /** What datagrams for us carry: `cid` for the client, `did` for the camera. Signed. */
  readonly ownId: number;
  /** What our datagrams carry: `did` for the client, `cid` for the camera. Signed. */
  readonly peerId: number;
  /** Where the other side was last heard of. */
  readonly peer: Endpoint;
  /** Datagrams from the oldest unacknowledged to the newest. Default 128, camera 200. */
  readonly window?: number;
  /** How long a datagram may go unacknowledged before it is sent again. Default 500, camera 1000. */
  readonly resendAfter?: Duration;
  /** Silence after which the other side is taken as gone. Default 10 000, camera 60 000. */
  readonly silenceLimit?: Duration;
  /** Lack of progress with something unacknowledged that ends the connection. Default 20 000. */
  readonly stallLimit?: Duration;
  /**
   * How long the other side may send no acknowledgement at all with something outstanding.
   * Default none, camera 5000: cameras hang up on clients that acknowledge too seldom [observed].
   */
  readonly ackSilenceLimit?: Duration;
  /** How long the very first datagram may take. Default none, camera 10 000. */
  readonly firstDataLimit?: Duration;
  /** Longest bitmap taken. Default none, camera 204: one more and cameras hang up [observed]. */
  readonly maxBitmap?: number;
  /** Interval of acknowledgements while data flows. Default 10, as the vendor's own app [observed]. */
  readonly ackEvery?: Duration;
  /** Interval of acknowledgements when no data has come for 2 s. Default 100. */
  readonly idleAckEvery?: Duration;
  /** Written bytes that may wait to be sent before `space()` is 0. Default 256 KiB. */
  readonly sendBuffer?: number;
  /** Bytes kept for a reader that does not read; data beyond is not acknowledged. Default 4 MiB. */
  readonly receiveBuffer?: number;
  /** The id of the first packet in both directions. 0 on the wire; tests start near the wrap. */
  readonly firstPacketId?: number;
}

export type BcUdpEvent =
  /** There is something to read where there was nothing: read until `undefined`. */
  | { readonly type: "readable" }
  /** A writer that found no space may go on. */
  | { readonly type: "writable" }
  | { readonly type: "closed"; readonly reason: CloseReason; readonly detail: string };

/** The options with every default filled in. A limit that is not wanted is `Infinity`. */
export type ResolvedOptions = Required<BcUdpOptions>;

export function withDefaults(options: BcUdpOptions): ResolvedOptions {
  const isCamera = options.role === "camera";
  return {
    window: isCamera ? 200 : 128,
    resendAfter: isCamera ? 1_000 : 500,
    silenceLimit: isCamera ? 60_000 : 10_000,
    stallLimit: 20_000,
    ackSilenceLimit: isCamera ? 5_000 : Infinity,
    firstDataLimit: isCamera ? 10_000 : Infinity,
    maxBitmap: isCamera ? 204 : Infinity,
    ackEvery: 10,
    idleAckEvery: 100,
    sendBuffer: 256 << 10,
    receiveBuffer: 4 << 20,
    firstPacketId: 0,
    ...options,
  };
}

/** Figures of one connection, counted since it was made unless they say otherwise. */
export interface BcUdpStats {
  /** Bytes of the streams, each counted once. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Datagrams of either kind. */
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  /** Data datagrams sent again. */
  readonly resent: number;
  /** Data that had arrived before. */
  readonly duplicates: number;
  /** Data that arrived behind a hole. */
  readonly outOfOrder: number;
  /** Datagrams that are malformed, of another connection, or contradict this one. */
  readonly bad: number;
  /** Data refused as nobody reads. */
  readonly refused: number;
  /** Smoothed round trip, or `undefined` before the first one measured. */
  readonly srtt: Duration | undefined;
  /** Share of our data lost on the way, of late, from 0 to 1. */
  readonly lossSent: number;
  /**
   * Share of the other side's data lost on the way, of late, from 0 to 1: an estimate, since what
   * comes late out of order and what was sent again look alike.
   */
  readonly lossReceived: number;
}
