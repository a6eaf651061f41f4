/**
 * What one UDP datagram of the Reolink world holds, and the datagrams that hold signaling.
 *
 * | offset | field    | size | meaning, little-endian |
 * |--------|----------|------|------------------------|
 * | 0      | magic    | 4    | 0x2a87cf3a |
 * | 4      | length   | 4    | of the payload |
 * | 8      | constant | 4    | 1 |
 * | 12     | `tid`    | 4    | transaction, and offset of the cipher |
 * | 16     | checksum | 4    | of the payload as sent, see `crc.ts` |
 * | 20     | payload  | n    | XML, encrypted as in `xml_cipher.ts` |
 *
 * [capture]
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { Reader } from "../../bytes/reader.ts";
import { Writer } from "../../bytes/writer.ts";
import { crcOf } from "./crc.ts";
import { readMessage, type SignalingMessage, writeMessage, type XmlLayout } from "./message.ts";
import { cryptXml } from "./xml_cipher.ts";

/** First four bytes of a datagram, little-endian, by what it is. */
export const DATAGRAM_MAGIC = {
  signaling: 0x2a87cf3a,
  data: 0x2a87cf10,
  ack: 0x2a87cf20,
  /** A camera tells the register of motion; also some seconds after a session's end [observed]. */
  alarm: 0x2a87cf31,
} as const;

export type DatagramKind = keyof typeof DATAGRAM_MAGIC;

/** A signaling datagram. */
export interface SignalingDatagram {
  /** Of the request; a reply carries it again. Unsigned, 32 bits. */
  readonly tid: number;
  readonly message: SignalingMessage;
}

const HEADER_LENGTH = 20;

/** Always there; another value has never been seen. */
const CONSTANT = 1;

/** The longest XML that is read: several times the longest one seen. */
export const MAX_SIGNALING_PAYLOAD = 4096;

/** What the datagram claims to be, or `undefined` when it is nothing of Reolink's. */
export function kindOf(bytes: Uint8Array): DatagramKind | undefined {
  if (bytes[1] !== 0xcf || bytes[2] !== 0x87 || bytes[3] !== 0x2a) return undefined;
  switch (bytes[0]) {
    case 0x3a:
      return "signaling";
    case 0x10:
      return "data";
    case 0x20:
      return "ack";
    case 0x31:
      return "alarm";
    default:
      return undefined;
  }
}

/** Reads a signaling datagram. Throws `DecodeError`. */
export function decodeSignaling(bytes: Uint8Array): SignalingDatagram {
  const reader = new Reader(bytes, "signaling datagram");
  expect("magic", reader.u32le(), DATAGRAM_MAGIC.signaling);
  const length = reader.u32le();
  expect("constant", reader.u32le(), CONSTANT);
  const tid = reader.u32le();
  const crc = reader.u32le();
  expect("payload length", reader.remaining, length);
  if (length > MAX_SIGNALING_PAYLOAD) {
    throw new DecodeError(
      `Cannot decode signaling datagram as it may have ${MAX_SIGNALING_PAYLOAD} bytes: has ${length}`,
    );
  }
  const payload = reader.rest();
  expect("checksum", crcOf(payload), crc);
  return { tid, message: readMessage(new TextDecoder().decode(cryptXml(tid, payload))) };
}

/** The datagram of a message. */
export function encodeSignaling(
  { tid, message }: SignalingDatagram,
  layout: XmlLayout = "lines",
): Uint8Array {
  const payload = cryptXml(tid, new TextEncoder().encode(writeMessage(message, layout)));
  return new Writer(HEADER_LENGTH + payload.byteLength)
    .u32le(DATAGRAM_MAGIC.signaling)
    .u32le(payload.byteLength)
    .u32le(CONSTANT)
    .u32le(tid)
    .u32le(crcOf(payload))
    .bytes(payload)
    .finish();
}

function expect(what: string, actual: number, expected: number): void {
  if (actual === expected) return;
  throw new DecodeError(
    `Cannot decode signaling datagram as its ${what} must be ${hex(expected)}: is ${hex(actual)}`,
  );
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
