/**
 * The PTCP segment: the 24-byte header of libjingle's PseudoTCP with the conversation number fixed
 * to the ASCII bytes `PTCP`. One UDP datagram is one segment.
 *
 * | offset | field   | size | meaning |
 * |--------|---------|------|---------|
 * | 0      | `conv`  | 4    | `50 54 43 50` |
 * | 4      | `seq`   | 4    | stream offset of the first body byte, modulo 2³² |
 * | 8      | `ack`   | 4    | next stream offset expected from the peer |
 * | 12     | `ctl`   | 1    | 0; ignored on receipt |
 * | 13     | `flags` | 1    | see `SegmentFlag` |
 * | 14     | `wnd`   | 2    | receive window, scaled by the shift of the connect option |
 * | 16     | `tsval` | 4    | sender's millisecond clock |
 * | 20     | `tsecr` | 4    | echo of the peer's `tsval`, 0 when there is none yet |
 * | 24     | body    | 0…n  | stream bytes, or control data when `flags` has `control` |
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";

/** `PTCP` in ASCII. */
export const CONVERSATION = 0x50544350;

export const HEADER_LENGTH = 24;

/**
 * Bits of the flags byte.
 *
 * - `fin`: libnice's own FIN-ACK extension; never sent, ignored on receipt
 * - `control`: the body is control data, its first byte a control code
 * - `reset`: the connection is dead
 */
export const SegmentFlag = { fin: 0x01, control: 0x02, reset: 0x04 } as const;

export interface Segment {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly tsval: number;
  readonly tsecr: number;
  readonly body: Uint8Array;
}

/** Whether a datagram belongs to PTCP, as against everything else that shares its socket. */
export function isPtcpDatagram(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x54 && bytes[2] === 0x43 && bytes[3] === 0x50;
}

/** Reads a segment. Its body is a view on `bytes`. Throws `DecodeError`. */
export function decodeSegment(bytes: Uint8Array): Segment {
  if (bytes.byteLength < HEADER_LENGTH) {
    throw new DecodeError(
      `Cannot decode PTCP segment as its header needs ${HEADER_LENGTH} bytes: have ${bytes.byteLength}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_LENGTH);
  const conversation = view.getUint32(0);
  if (conversation !== CONVERSATION) {
    throw new DecodeError(
      `Cannot decode PTCP segment as its conversation must be 0x50544350: have 0x${
        conversation.toString(16).padStart(8, "0")
      }`,
    );
  }
  return {
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    tsval: view.getUint32(16),
    tsecr: view.getUint32(20),
    body: bytes.subarray(HEADER_LENGTH),
  };
}

/** The datagram of a segment. */
export function encodeSegment(segment: Segment): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + segment.body.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, CONVERSATION);
  view.setUint32(4, segment.seq);
  view.setUint32(8, segment.ack);
  view.setUint8(13, segment.flags);
  view.setUint16(14, segment.window);
  view.setUint32(16, segment.tsval);
  view.setUint32(20, segment.tsecr);
  bytes.set(segment.body, HEADER_LENGTH);
  return bytes;
}
