/**
 * The header in front of every Baichuan message, all integers little-endian.
 *
 * | offset | field            | size | meaning |
 * |--------|------------------|------|---------|
 * | 0      | magic            | 4    | `f0 de bc 0a`; `a0 cb ed 0f` was seen on some messages |
 * | 4      | id               | 4    | what is asked for or answered |
 * | 8      | body length      | 4    | extension and payload together |
 * | 12     | channel          | 1    | also the offset of the simple cipher for this message |
 * | 13     | stream           | 1    | |
 * | 14     | number           | 2    | of the request, repeated in the reply |
 * | 16     | code             | 2    | 0 in requests, a status in replies, the cipher in a login |
 * | 18     | class            | 2    | tells how long the header is |
 * | 20     | payload offset   | 4    | how long the extension is; not in headers of 20 bytes |
 *
 * A camera repeats bytes 12 to 15 as they are, whatever the client put there. [capture]
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { Reader } from "../../bytes/reader.ts";
import { Writer } from "../../bytes/writer.ts";

/** Between client and camera. */
export const BC_MAGIC = 0x0abcdef0;

/** Between camera and recorder, and on snapshots of some cameras. [observed] */
export const BC_MAGIC_DEVICE = 0x0fedcba0;

/** Classes known. A class not listed has a header of 20 bytes. [observed] */
export const BcClass = {
  /** The first request of a login. */
  legacy: 0x6514,
  /** The reply to it, with the nonce. */
  nonce: 0x6614,
  /** Every other request, and some replies. */
  modern: 0x6414,
  /** Replies of a camera, and what it sends unasked. */
  reply: 0x0000,
  /** Download of files. */
  file: 0x6482,
} as const;

/** The two lengths of headers there are, in bytes. */
export const MIN_HEADER_LENGTH = 20;
export const MAX_HEADER_LENGTH = 24;

const LONG_CLASSES: readonly number[] = [BcClass.modern, BcClass.reply, BcClass.file];

/** What a header says besides lengths. */
export interface BcHeader {
  /** `BC_MAGIC` where left out. */
  readonly magic?: typeof BC_MAGIC | typeof BC_MAGIC_DEVICE;
  readonly id: number;
  /** Byte 12. */
  readonly channel: number;
  /** Byte 13. */
  readonly stream: number;
  /** Bytes 14 and 15. */
  readonly num: number;
  readonly code: number;
  /** See `BcClass`. */
  readonly messageClass: number;
}

/** A header as read, with the lengths of what follows. */
export interface BcHead {
  readonly header: Required<BcHeader>;
  readonly headerLength: number;
  readonly bodyLength: number;
  /** Where in the body the payload begins. May lie behind the body's end: the body is checked later. */
  readonly payloadOffset: number;
}

/** The length of headers of a class, in bytes. */
function headerLength(messageClass: number): number {
  return LONG_CLASSES.includes(messageClass) ? MAX_HEADER_LENGTH : MIN_HEADER_LENGTH;
}

/**
 * Reads the header at the start of `bytes`; `undefined` until enough of it is there. Throws
 * `DecodeError` where there cannot be one.
 */
export function decodeHead(bytes: Uint8Array): BcHead | undefined {
  if (bytes.byteLength < MIN_HEADER_LENGTH) return undefined;
  const reader = new Reader(bytes, "Baichuan header");
  const magic = reader.u32le();
  if (magic !== BC_MAGIC && magic !== BC_MAGIC_DEVICE) {
    throw new DecodeError(
      `Cannot decode Baichuan header as its magic must be 0x0abcdef0: have 0x${
        magic.toString(16).padStart(8, "0")
      }`,
    );
  }
  const id = reader.u32le();
  const bodyLength = reader.u32le();
  const channel = reader.u8();
  const stream = reader.u8();
  const num = reader.u16le();
  const code = reader.u16le();
  const messageClass = reader.u16le();
  const length = headerLength(messageClass);
  if (bytes.byteLength < length) return undefined;
  return {
    header: { magic, id, channel, stream, num, code, messageClass },
    headerLength: length,
    bodyLength,
    payloadOffset: length === MAX_HEADER_LENGTH ? reader.u32le() : 0,
  };
}

/**
 * A whole message of parts that are enciphered already. An extension needs a class whose header can
 * tell its length; `RangeError` where it cannot.
 */
export function encodeMessage(
  header: BcHeader,
  extension: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const length = headerLength(header.messageClass);
  const isLong = length === MAX_HEADER_LENGTH;
  if (!isLong && extension.byteLength > 0) {
    throw new RangeError(
      `Cannot encode Baichuan message as its class takes no extension: 0x${
        header.messageClass.toString(16)
      }`,
    );
  }
  const writer = new Writer(length + extension.byteLength + payload.byteLength)
    .u32le(header.magic ?? BC_MAGIC)
    .u32le(header.id)
    .u32le(extension.byteLength + payload.byteLength)
    .u8(header.channel)
    .u8(header.stream)
    .u16le(header.num)
    .u16le(header.code)
    .u16le(header.messageClass);
  if (isLong) writer.u32le(extension.byteLength);
  return writer.bytes(extension).bytes(payload).finish();
}
