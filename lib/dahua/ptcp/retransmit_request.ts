/**
 * PTCP's one addition to PseudoTCP: an out-of-band request for a retransmission.
 *
 * After a hole in the client's stream an NVR sent, every 10 ms until it was filled [field]:
 *
 *     0a 00 08 53 00 00 00 00 00 3a 00
 *
 * `00 08` is the number of bytes that follow, `53 00 00 00` the start of the hole, little-endian; the
 * last four bytes seem to be its length or the offset of its last byte [inferred]. The 11 bytes take
 * no sequence space. The segment's own `ack` names the hole as well, so the body need not be read.
 *
 * @module
 */

import { type Segment, SegmentFlag } from "./segment.ts";

const BODY_LENGTH = 11;

/**
 * Whether a segment is such a request and not data. Its flags were not recorded: with `control` it
 * can be nothing else; without, it must stand where a message would begin, since no message has
 * type `0x0a`.
 */
export function isRetransmitRequest(
  segment: Segment,
  expectedSeq: number,
  atMessageBoundary: () => boolean,
): boolean {
  const { body } = segment;
  if (body.byteLength !== BODY_LENGTH) return false;
  if (body[0] !== 0x0a || body[1] !== 0x00 || body[2] !== 0x08) return false;
  if (segment.flags & SegmentFlag.control) return true;
  return segment.seq === expectedSeq && atMessageBoundary();
}
