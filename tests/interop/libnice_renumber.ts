import { seqAdd } from "../../lib/bytes/seq.ts";
import { SegmentFlag } from "../../lib/dahua/ptcp/segment.ts";

/** First sequence number of each side, as our engine sees it. */
export interface SequenceOffsets {
  readonly client: number;
  readonly device: number;
}

const SEQ = 4;
const ACK = 8;
const FLAGS = 13;
const HEADER_LENGTH = 24;

/**
 * A segment with its numbers moved as it crosses the link.
 *
 * PseudoTCP starts both counters at 0 and libnice has no way to change that, so a wrap would take
 * four gigabytes. The link adds a constant to `seq` and `ack` instead, as a firewall that randomizes
 * TCP's initial numbers does: to our engine both counters start just below 2³² and wrap within the
 * transfer, to libnice nothing is special. libnice's own wrap is not what is tested here.
 */
export function renumber(
  bytes: Uint8Array,
  way: "toDevice" | "fromDevice",
  offsets: SequenceOffsets,
): Uint8Array {
  if (bytes.byteLength < HEADER_LENGTH) return bytes;
  const moved = bytes.slice();
  const view = new DataView(moved.buffer);
  const [seq, ack] = way === "toDevice"
    ? [-offsets.client, -offsets.device]
    : [offsets.device, offsets.client];
  view.setUint32(SEQ, seqAdd(view.getUint32(SEQ), seq));
  if (acknowledges(view)) view.setUint32(ACK, seqAdd(view.getUint32(ACK), ack));
  return moved;
}

/** The first connect segment acknowledges nothing yet: its 0 is no number of the other side. */
function acknowledges(view: DataView): boolean {
  const isConnect = (view.getUint8(FLAGS) & SegmentFlag.control) !== 0;
  return !isConnect || view.getUint32(ACK) !== 0;
}
