/**
 * STUN messages in the style of RFC 3489: a 20-byte header whose transaction id has 16 bytes, then
 * attributes. Only what connectivity checks use is understood; other attributes are kept as they are.
 *
 * @module
 */

import { DecodeError } from "../bytes/decode_error.ts";
import { Reader } from "../bytes/reader.ts";
import { Writer } from "../bytes/writer.ts";
import { ipv4Bytes, ipv4Text } from "../endpoint.ts";
import type { Endpoint } from "../machine.ts";

/** RFC 3489 section 11.1. */
export const BINDING_REQUEST = 0x0001;
export const BINDING_SUCCESS = 0x0101;

/** The first four bytes of a transaction id since RFC 5389. */
export const MAGIC_COOKIE: Uint8Array = Uint8Array.of(0x21, 0x12, 0xa4, 0x42);

export const TRANSACTION_ID_LENGTH = 16;
const TIE_BREAKER_LENGTH = 8;

/** The most attributes read from one message. */
export const MAX_ATTRIBUTES = 32;

const HEADER_LENGTH = 20;
const SOURCE_ADDRESS = 0x0004; // RFC 3489 section 11.2.5
const ICE_CONTROLLED = 0x8029; // RFC 8445 section 16.1
const ICE_CONTROLLING = 0x802a;
const FAMILY_IPV4 = 0x01;

export type StunAttribute =
  | { readonly type: "source-address"; readonly endpoint: Endpoint }
  | { readonly type: "ice-controlling"; readonly tieBreaker: Uint8Array }
  | { readonly type: "ice-controlled"; readonly tieBreaker: Uint8Array }
  | { readonly type: "unknown"; readonly code: number; readonly value: Uint8Array };

export interface StunMessage {
  /** E.g. `BINDING_REQUEST`. The two topmost bits are always 0. */
  readonly type: number;
  /** 16 bytes. */
  readonly transactionId: Uint8Array;
  readonly attributes: readonly StunAttribute[];
}

/** The bytes of a message, not inverted. */
export function encodeStun(message: StunMessage): Uint8Array {
  const values = message.attributes.map(encodeAttribute);
  const length = values.reduce((sum, { value }) => sum + 4 + padded(value.byteLength), 0);
  const writer = new Writer(HEADER_LENGTH + length);
  writer.u16(message.type).u16(length).bytes(message.transactionId);
  for (const { code, value } of values) {
    const padding = padded(value.byteLength) - value.byteLength;
    writer.u16(code).u16(value.byteLength).bytes(value).bytes(new Uint8Array(padding));
  }
  return writer.finish();
}

/**
 * Reads a message that is not inverted. Bytes behind the declared length are ignored: some clients
 * leave remains of an earlier message there [impl]. The result shares no bytes with the input.
 * Throws `DecodeError`.
 */
export function decodeStun(bytes: Uint8Array): StunMessage {
  const header = new Reader(bytes, "STUN message");
  const type = header.u16();
  if (type > 0x3fff) {
    throw new DecodeError(`Cannot decode STUN message as its type is below 0x4000: ${type}`);
  }
  const length = header.u16();
  const transactionId = header.take(TRANSACTION_ID_LENGTH).slice();
  const reader = new Reader(header.take(length), "STUN attribute");
  const attributes: StunAttribute[] = [];
  while (reader.remaining > 0) {
    if (attributes.length === MAX_ATTRIBUTES) {
      throw new DecodeError(
        `Cannot decode STUN message as it may have ${MAX_ATTRIBUTES} attributes`,
      );
    }
    const code = reader.u16();
    const value = reader.take(reader.u16()).slice();
    reader.skip(Math.min(padded(value.byteLength) - value.byteLength, reader.remaining));
    attributes.push(decodeAttribute(code, value));
  }
  return { type, transactionId, attributes };
}

/** Every bit the other way, as a copy: what the Dahua family puts on the wire in place of STUN. */
export function invert(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte ^ 0xff);
}

function encodeAttribute(
  attribute: StunAttribute,
): { readonly code: number; readonly value: Uint8Array } {
  switch (attribute.type) {
    case "source-address": {
      const { address, port } = attribute.endpoint;
      const value = new Writer(8).u8(0).u8(FAMILY_IPV4).u16(port).bytes(ipv4Bytes(address));
      return { code: SOURCE_ADDRESS, value: value.finish() };
    }
    case "ice-controlling":
      return { code: ICE_CONTROLLING, value: attribute.tieBreaker };
    case "ice-controlled":
      return { code: ICE_CONTROLLED, value: attribute.tieBreaker };
    case "unknown":
      return attribute;
  }
}

/** A known attribute of an unexpected shape is kept as an unknown one. */
function decodeAttribute(code: number, value: Uint8Array): StunAttribute {
  const isTieBreaker = value.byteLength === TIE_BREAKER_LENGTH;
  if (code === ICE_CONTROLLING && isTieBreaker) {
    return { type: "ice-controlling", tieBreaker: value };
  }
  if (code === ICE_CONTROLLED && isTieBreaker) return { type: "ice-controlled", tieBreaker: value };
  if (code === SOURCE_ADDRESS && value.byteLength === 8) {
    const reader = new Reader(value, "SOURCE-ADDRESS");
    const family = reader.u16();
    const port = reader.u16();
    if (family === FAMILY_IPV4) {
      return { type: "source-address", endpoint: { address: ipv4Text(reader.rest()), port } };
    }
  }
  return { type: "unknown", code, value };
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
