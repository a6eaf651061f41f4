/** RTP packets (RFC 3550 section 5.1). @module */

import { DecodeError } from "../bytes/decode_error.ts";
import { Reader } from "../bytes/reader.ts";

/** Length of the header this program writes: no CSRC, no extension. */
export const RTP_HEADER_LENGTH = 12;

export interface RtpHeader {
  /** Set on the last packet of an access unit. */
  readonly marker: boolean;
  readonly payloadType: number;
  /** 16 bits, wraps around. */
  readonly sequenceNumber: number;
  /** 32 bits, wraps around. */
  readonly timestamp: number;
  readonly ssrc: number;
}

export interface RtpPacket extends RtpHeader {
  /** Without padding. */
  readonly payload: Uint8Array;
}

/** Writes the 12 bytes of the header at `at`. */
export function setRtpHeader(view: DataView, at: number, header: RtpHeader): void {
  view.setUint8(at, 0x80); // version 2, no padding, no extension, no CSRC
  view.setUint8(at + 1, (header.marker ? 0x80 : 0) | header.payloadType);
  view.setUint16(at + 2, header.sequenceNumber);
  view.setUint32(at + 4, header.timestamp);
  view.setUint32(at + 8, header.ssrc);
}

export function encodeRtpPacket(packet: RtpPacket): Uint8Array {
  const bytes = new Uint8Array(RTP_HEADER_LENGTH + packet.payload.byteLength);
  setRtpHeader(new DataView(bytes.buffer), 0, packet);
  bytes.set(packet.payload, RTP_HEADER_LENGTH);
  return bytes;
}

/**
 * Reads a packet; `payload` is a view on `bytes`. CSRCs, header extension and padding are skipped.
 * Throws `DecodeError`.
 */
export function decodeRtpPacket(bytes: Uint8Array): RtpPacket {
  const reader = new Reader(bytes, "RTP packet");
  const flags = reader.u8();
  if (flags >>> 6 !== 2) {
    throw new DecodeError(`Cannot decode RTP packet as its version must be 2: ${flags >>> 6}`);
  }
  const second = reader.u8();
  const sequenceNumber = reader.u16();
  const timestamp = reader.u32();
  const ssrc = reader.u32();
  reader.skip(4 * (flags & 0x0f));
  if ((flags & 0x10) !== 0) {
    reader.skip(2);
    reader.skip(4 * reader.u16());
  }
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequenceNumber,
    timestamp,
    ssrc,
    payload: withoutPadding(reader.rest(), (flags & 0x20) !== 0),
  };
}

/** The last byte of a padded packet counts the padding, itself included. */
function withoutPadding(payload: Uint8Array, padded: boolean): Uint8Array {
  if (!padded) return payload;
  const padding = payload.at(-1) ?? 0;
  if (padding === 0 || padding > payload.byteLength) {
    throw new DecodeError(
      `Cannot decode RTP packet as its padding must be 1 to ${payload.byteLength}: ${padding}`,
    );
  }
  return payload.subarray(0, payload.byteLength - padding);
}
