/** How much of a datagram the flight recorder keeps: what tells how a session goes. @module */

import { CONVERSATION, HEADER_LENGTH as SEGMENT_HEADER } from "../dahua/ptcp/segment.ts";
import { MESSAGE_HEADER_LENGTH, MessageType } from "../dahua/ptcp/message.ts";
import { BC_MAGIC } from "../reolink/baichuan/header.ts";
import { kindOf } from "../reolink/signaling/datagram.ts";

/** Signaling is kept whole up to here. */
const MAX_SIGNALING = 2_048;

/** Messages that open a session and realms are shorter. */
const MAX_CONTROL = 40;

const DATA_HEADER = 20;
const BC_HEADER = 24;
const MAX_ACK = 28 + 256;

/** Messages that bring pictures and sound: preview, snapshot, talk. */
const MEDIA_IDS: readonly number[] = [3, 109, 202];

/**
 * The head of a datagram, as a view on it: all of signaling, and headers of what carries content.
 *
 * @param isLogin No pictures have come by Baichuan yet: what it carries is kept.
 */
export function headOf(bytes: Uint8Array, isLogin = false): Uint8Array {
  return bytes.subarray(0, headLength(bytes, isLogin));
}

/** The same of bytes that came together on a Baichuan stream: a header where one begins there. */
export function streamHeadOf(bytes: Uint8Array, isLogin = false): Uint8Array {
  if (isLogin) return bytes;
  const hasHeader = bytes.byteLength >= 4 &&
    new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) === BC_MAGIC;
  return bytes.subarray(0, hasHeader ? BC_HEADER : 0);
}

/** Whether a BcUDP datagram, or bytes of a Baichuan stream, begin a message with pictures or sound. */
export function beginsMedia(bytes: Uint8Array): boolean {
  const start = kindOf(bytes) === "data" ? DATA_HEADER : 0;
  if (bytes.byteLength < start + 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 8);
  return view.getUint32(0, true) === BC_MAGIC && MEDIA_IDS.includes(view.getUint32(4, true));
}

function headLength(bytes: Uint8Array, isLogin: boolean): number {
  if (bytes.byteLength < 4) return bytes.byteLength;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) === CONVERSATION) return SEGMENT_HEADER + bodyHead(bytes);
  switch (kindOf(bytes)) {
    case "data": {
      if (isLogin) return bytes.byteLength;
      return DATA_HEADER + streamHeadOf(bytes.subarray(DATA_HEADER)).byteLength;
    }
    case "ack":
      return MAX_ACK;
    default:
      return MAX_SIGNALING;
  }
}

/**
 * Bytes of a segment's body that say something of the session. Of data only the header is kept; what
 * begins with neither is the middle of something.
 */
function bodyHead(bytes: Uint8Array): number {
  const length = bytes.byteLength - SEGMENT_HEADER;
  const first = bytes[SEGMENT_HEADER] ?? MessageType.data;
  if (first === MessageType.data) return MESSAGE_HEADER_LENGTH;
  return first < 0x20 && length <= MAX_CONTROL ? length : 0;
}
