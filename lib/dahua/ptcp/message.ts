/**
 * The messages inside the PTCP byte stream: realms (one TCP connection to a port of the device
 * each), heartbeats, and the exchange that opens a session.
 *
 * Each is a 12-byte header, big-endian, and data:
 *
 * | offset | size | meaning |
 * |--------|------|---------|
 * | 0      | 1    | type |
 * | 1      | 3    | length of the data; 0 in several types that have data all the same |
 * | 4      | 4    | realm |
 * | 8      | 4    | 0 in every capture so far |
 *
 * @module
 */

import { Writer } from "../../bytes/writer.ts";
import { ipv4Bytes } from "../../endpoint.ts";

export const MESSAGE_HEADER_LENGTH = 12;

/** Largest data of one message devices have been seen to send [wire]; ours keep to it. */
export const MAX_DATA_LENGTH = 1280;

/** The sign is 4 bytes in every capture; longer ones up to this are kept. */
export const MAX_SIGN_LENGTH = 256;

export const MessageType = {
  data: 0x10,
  bind: 0x11,
  status: 0x12,
  heartbeat: 0x13,
  requestSign: 0x17,
  sign: 0x18,
  authenticate: 0x19,
  accepted: 0x1a,
  confirm: 0x1b,
} as const;

/** A message that belongs to the session as a whole. */
export type ControlMessage =
  | { readonly type: "heartbeat" }
  | { readonly type: "requestSign" }
  | { readonly type: "sign"; readonly sign: Uint8Array }
  | { readonly type: "authenticate"; readonly sign: Uint8Array }
  | { readonly type: "accepted" }
  | { readonly type: "confirm" };

/** A message that belongs to one realm. */
export type RealmMessage =
  | { readonly type: "data"; readonly realm: number; readonly bytes: Uint8Array }
  | {
    readonly type: "bind";
    readonly realm: number;
    readonly port: number;
    readonly address: string;
  }
  | { readonly type: "status"; readonly realm: number; readonly status: "CONN" | "DISC" };

export type Message = ControlMessage | RealmMessage;

const EMPTY = new Uint8Array(0);

/** The bytes of a message, as the vendor's clients send it. */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.type) {
    case "data":
      return encode(MessageType.data, message.realm, message.bytes, message.bytes.byteLength);
    case "bind":
      return encode(MessageType.bind, message.realm, bindData(message.port, message.address));
    case "status":
      return encode(MessageType.status, message.realm, new TextEncoder().encode(message.status));
    case "sign":
    case "authenticate":
      return encode(MessageType[message.type], 0, message.sign);
    case "heartbeat":
    case "requestSign":
    case "accepted":
    case "confirm":
      return encode(MessageType[message.type], 0, EMPTY);
  }
}

/** All types but data leave the length 0, whatever follows [wire]. */
function encode(type: number, realm: number, data: Uint8Array, length = 0): Uint8Array {
  return new Writer(MESSAGE_HEADER_LENGTH + data.byteLength)
    .u8(type).u24(length).u32(realm).u32(0).bytes(data).finish();
}

function bindData(port: number, address: string): Uint8Array {
  return new Writer(8).u32(port).bytes(ipv4Bytes(address)).finish();
}
