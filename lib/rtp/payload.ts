/**
 * How access units of each codec are cut into RTP payloads.
 *
 * A payload is a list of pieces to be sent one behind the other, most of them views on the access
 * unit, so that the bytes of a picture are copied once only: into the packet.
 *
 * @module
 */

import { slices } from "../bytes/bytes.ts";

/** Largest payload sent: with RTP, UDP and tunnel headers it stays below every usual MTU. */
export const MAX_PAYLOAD_LENGTH = 1200;

/** What follows the header of one RTP packet. */
export type RtpPayload = readonly Uint8Array[];

/** Cuts the parts of one access unit into payloads no longer than `limit` bytes. */
export type Packetize = (parts: readonly Uint8Array[], limit: number) => RtpPayload[];

/** The bytes of all pieces. */
export function payloadLength(payload: RtpPayload): number {
  return payload.reduce((sum, piece) => sum + piece.byteLength, 0);
}

/**
 * A NAL unit too long for one packet. The fragmentation units of RFC 6184 and RFC 7798 differ in
 * what comes before the FU header (`prefix`) only; its S and E bits mark first and last.
 */
export function fragments(
  prefix: readonly number[],
  nalType: number,
  body: Uint8Array,
  limit: number,
): RtpPayload[] {
  const bodies = [...slices(body, limit - prefix.length - 1)];
  return bodies.map((part, i) => {
    const start = i === 0 ? 0x80 : 0;
    const end = i === bodies.length - 1 ? 0x40 : 0;
    return [Uint8Array.of(...prefix, start | end | nalType), part];
  });
}
