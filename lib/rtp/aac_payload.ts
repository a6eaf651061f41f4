import { slices } from "../bytes/bytes.ts";
import type { Packetize, RtpPayload } from "./payload.ts";

/** Longest frame whose size fits the 13 bits of an AU header. */
export const MAX_AAC_FRAME = 0x1fff;

/**
 * Mode AAC-hbr of RFC 3640, one frame a packet: 16 bits with the length of all AU headers in bits,
 * one AU header of 13 bits size and 3 bits index, then the frame. Pieces of a frame too long for a
 * packet each carry the header of the whole frame (section 3.2.3.1). A longer frame than AAC can
 * have is left out.
 */
export const packetizeAac: Packetize = (frames, limit) =>
  frames.flatMap((frame) => frame.byteLength <= MAX_AAC_FRAME ? pieces(frame, limit) : []);

function pieces(frame: Uint8Array, limit: number): RtpPayload[] {
  const header = Uint8Array.of(0, 16, frame.byteLength >>> 5, (frame.byteLength & 0x1f) << 3);
  return Array.from(slices(frame, limit - header.byteLength), (piece) => [header, piece]);
}
