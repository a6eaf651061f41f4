/** Options, events and figures of a PTCP connection. */

import type { CloseReason, Duration } from "../../machine.ts";

/**
 * - `records`: a segment never holds more than one write, and a write of up to one segment is never
 *   cut while the peer's window has room. Parsers that work per datagram survive this.
 * - `stream`: segments are filled from whatever is queued, as libjingle does.
 */
export type Segmentation = "records" | "stream";

export interface ConnectionOptions {
  /** `connect` starts the handshake, `listen` waits for one. */
  readonly role: "connect" | "listen";
  /** Receive buffer in bytes, and thereby the largest window advertised. Default 65535. */
  readonly receiveBuffer?: number;
  /** Largest body sent. Default 1292, the size the vendor's own app uses [field]. */
  readonly mss?: number;
  /** How writes are cut into segments. Default `records`. */
  readonly segmentation?: Segmentation;
  /** How long an acknowledgement of in-order data may wait for a second segment. Default 30. */
  readonly ackDelay?: Duration;
  /** Shortest retransmission timeout. Default 250, as devices have it [field]. */
  readonly minRto?: Duration;
  /** Bytes in flight without progress for this long end the connection. Default 25 000. */
  readonly giveUpAfter?: Duration;
  /** First stream offset of ours. 0 on the wire; tests start near the wrap. */
  readonly initialSeq?: number;
  /** Whether the reader of the stream stands between two messages: see `retransmit_request.ts`. */
  readonly atMessageBoundary?: () => boolean;
}

export type ConnectionEvent =
  | { readonly type: "connected" }
  | { readonly type: "readable" }
  | { readonly type: "closed"; readonly reason: CloseReason; readonly detail: string };

/** The options with every default filled in. */
export type ResolvedOptions = Required<Omit<ConnectionOptions, "atMessageBoundary">>;

export function withDefaults(options: ConnectionOptions): ResolvedOptions {
  return {
    role: options.role,
    receiveBuffer: options.receiveBuffer ?? 65535,
    mss: options.mss ?? 1292,
    segmentation: options.segmentation ?? "records",
    ackDelay: options.ackDelay ?? 30,
    minRto: options.minRto ?? 250,
    giveUpAfter: options.giveUpAfter ?? 25_000,
    initialSeq: options.initialSeq ?? 0,
  };
}

/** Figures of one connection, all counted since it was made. */
export interface ConnectionStats {
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly segmentsSent: number;
  readonly segmentsReceived: number;
  readonly retransmissions: number;
  readonly outOfOrder: number;
  /** Segments that came after what follows them: lost at first, or overtaken. */
  readonly filledHoles: number;
  /** Datagrams that are not PTCP, or contradict the connection. */
  readonly rejected: number;
  readonly srtt: Duration | undefined;
}
