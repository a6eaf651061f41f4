/**
 * The two datagrams of BcUDP, which carries one reliable byte stream in each direction. All integers
 * are little-endian, and one UDP datagram holds exactly one of these [capture].
 *
 * | offset | data          | ack                                                              |
 * |--------|---------------|------------------------------------------------------------------|
 * | 0      | `10 cf 87 2a` | `20 cf 87 2a`                                                    |
 * | 4      | connection id of the **receiver**: `did` towards the camera, `cid` towards the client |
 * | 8      | 0             | 0                                                                |
 * | 12     | packet id     | group: 0, or `ffffffff` while nothing has arrived                |
 * | 16     | length        | packet id up to which all has arrived, `ffffffff` while nothing  |
 * | 20     | payload       | latency, a statistic in microseconds                             |
 * | 24     |               | length of the bitmap                                             |
 * | 28     |               | bitmap                                                           |
 *
 * The bitmap has one **byte** for each packet behind the acknowledged one: 1 arrived, 0 missing.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { Writer } from "../../bytes/writer.ts";
import { DATAGRAM_MAGIC } from "../signaling/datagram.ts";

const DATA_HEADER_LENGTH = 20;
const ACK_HEADER_LENGTH = 28;

/** Largest slice of the stream in one datagram: 1350 bytes, as agreed on in signaling, less 20. */
export const MAX_PAYLOAD = 1330;

/** Stands for "none" in group and packet id of an acknowledgement. */
const NONE = 0xffffffff;

export interface DataDatagram {
  readonly type: "data";
  /** Signed, as in signaling. */
  readonly connectionId: number;
  /** Unsigned; counts up from 0 and wraps around. */
  readonly packetId: number;
  readonly payload: Uint8Array;
}

export interface AckDatagram {
  readonly type: "ack";
  /** Signed, as in signaling. */
  readonly connectionId: number;
  /** This packet and all before it have arrived; `undefined` until the very first one has. */
  readonly packetId: number | undefined;
  /** Mean gap between acknowledgements received, in microseconds. Nothing is known to need it. */
  readonly latency: number;
  /** Byte `k` tells of packet `packetId + 1 + k`: 1 arrived, 0 missing. */
  readonly bitmap: Uint8Array;
}

export type BcUdpDatagram = DataDatagram | AckDatagram;

/** Reads a datagram. Payload and bitmap are views on `bytes`. Throws `DecodeError`. */
export function decodeBcUdp(bytes: Uint8Array): BcUdpDatagram {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkLength(view, DATA_HEADER_LENGTH);
  const magic = view.getUint32(0, true);
  if (magic !== DATAGRAM_MAGIC.data && magic !== DATAGRAM_MAGIC.ack) {
    throw new DecodeError(`Cannot decode BcUDP as its magic must be known: have 0x${hex(magic)}`);
  }
  const constant = view.getUint32(8, true);
  if (constant !== 0) {
    throw new DecodeError(`Cannot decode BcUDP as its constant must be 0: have 0x${hex(constant)}`);
  }
  return magic === DATAGRAM_MAGIC.data ? decodeData(view, bytes) : decodeAck(view, bytes);
}

function decodeData(view: DataView, bytes: Uint8Array): DataDatagram {
  const length = view.getUint32(16, true);
  checkLength(view, DATA_HEADER_LENGTH + length);
  return {
    type: "data",
    connectionId: view.getInt32(4, true),
    packetId: view.getUint32(12, true),
    payload: bytes.subarray(DATA_HEADER_LENGTH, DATA_HEADER_LENGTH + length),
  };
}

function decodeAck(view: DataView, bytes: Uint8Array): AckDatagram {
  checkLength(view, ACK_HEADER_LENGTH);
  const group = view.getUint32(12, true);
  if (group !== 0 && group !== NONE) {
    throw new DecodeError(`Cannot decode BcUDP as a group must be 0 or none: have 0x${hex(group)}`);
  }
  const length = view.getUint32(24, true);
  checkLength(view, ACK_HEADER_LENGTH + length);
  return {
    type: "ack",
    connectionId: view.getInt32(4, true),
    packetId: group === NONE ? undefined : view.getUint32(16, true),
    latency: view.getUint32(20, true),
    bitmap: bytes.subarray(ACK_HEADER_LENGTH, ACK_HEADER_LENGTH + length),
  };
}

/** The bytes of a datagram. */
export function encodeBcUdp(datagram: BcUdpDatagram): Uint8Array {
  return datagram.type === "data" ? encodeData(datagram) : encodeAck(datagram);
}

function encodeData({ connectionId, packetId, payload }: DataDatagram): Uint8Array {
  return new Writer(DATA_HEADER_LENGTH + payload.byteLength)
    .u32le(DATAGRAM_MAGIC.data)
    .u32le(connectionId)
    .u32le(0)
    .u32le(packetId)
    .u32le(payload.byteLength)
    .bytes(payload)
    .finish();
}

function encodeAck({ connectionId, packetId, latency, bitmap }: AckDatagram): Uint8Array {
  return new Writer(ACK_HEADER_LENGTH + bitmap.byteLength)
    .u32le(DATAGRAM_MAGIC.ack)
    .u32le(connectionId)
    .u32le(0)
    .u32le(packetId === undefined ? NONE : 0)
    .u32le(packetId ?? NONE)
    .u32le(latency)
    .u32le(bitmap.byteLength)
    .bytes(bitmap)
    .finish();
}

function checkLength(view: DataView, needed: number): void {
  if (view.byteLength >= needed) return;
  throw new DecodeError(
    `Cannot decode BcUDP as it needs ${needed} bytes: have ${view.byteLength}`,
  );
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
