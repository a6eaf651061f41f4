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

/** The head of a datagram, as a view on it: all of signaling, and headers of what carries content. */
export function headOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, headLength(bytes));
}

function headLength(bytes: Uint8Array): number {
  if (bytes.byteLength < 4) return bytes.byteLength;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) === CONVERSATION) return SEGMENT_HEADER + bodyHead(bytes);
  switch (kindOf(bytes)) {
    case "data": {
      const hasHeader = bytes.byteLength >= DATA_HEADER + 4 &&
        view.getUint32(DATA_HEADER, true) === BC_MAGIC;
      return DATA_HEADER + (hasHeader ? BC_HEADER : 0);
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
