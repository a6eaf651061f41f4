/**
 * The alarm datagram: a battery camera tells the register that something moved.
 *
 * Some firmware also sends it 8 to 10 s after a client has left, so that whoever takes each one for
 * motion wakes the camera again and again [observed]. Checksum and payload are not understood; here
 * they are zeros and random bytes.
 *
 * @module
 */

import { Reader } from "../../bytes/reader.ts";
import { Writer } from "../../bytes/writer.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import type { Entropy } from "../../machine.ts";
import { DATAGRAM_MAGIC } from "../../reolink/signaling/datagram.ts";

export interface Alarm {
  readonly counter: number;
  /** As printed on the camera. */
  readonly uid: string;
}

const HEADER_LENGTH = 56;
const UID_LENGTH = 32;

/** As in alarms seen [observed]. */
const PAYLOAD_LENGTH = 64;

/** Throws `DecodeError`. */
export function decodeAlarm(bytes: Uint8Array): Alarm {
  const reader = new Reader(bytes, "alarm datagram");
  const magic = reader.u32le();
  if (magic !== DATAGRAM_MAGIC.alarm) {
    throw new DecodeError(`Cannot decode alarm as its magic must be known: ${magic.toString(16)}`);
  }
  reader.skip(4);
  const counter = reader.u32le();
  reader.skip(8);
  const uid = new TextDecoder("latin1").decode(reader.take(UID_LENGTH)).replace(/\0.*$/s, "");
  if (!/^[A-Za-z0-9]+$/.test(uid)) {
    throw new DecodeError("Cannot decode alarm as its UID must be letters and digits");
  }
  return { counter, uid };
}

export function encodeAlarm({ counter, uid }: Alarm, entropy: Entropy): Uint8Array {
  const name = new Uint8Array(UID_LENGTH);
  name.set(new TextEncoder().encode(uid).subarray(0, UID_LENGTH));
  return new Writer(HEADER_LENGTH + PAYLOAD_LENGTH)
    .u32le(DATAGRAM_MAGIC.alarm)
    .u32le(PAYLOAD_LENGTH)
    .u32le(counter)
    .u32le(0xffff_ffff)
    .u32le(0)
    .bytes(name)
    .u32le(0)
    .bytes(entropy(PAYLOAD_LENGTH))
    .finish();
}
