/** Segments of the recorded session and of a lab run against libnice: bytes beside values. */

import { fromHex } from "../../bytes/bytes.ts";
import { type Segment, SegmentFlag } from "./segment.ts";

export interface SegmentVector {
  readonly name: string;
  readonly hex: string;
  readonly segment: Segment;
}

const NONE = new Uint8Array(0);

export const SEGMENT_VECTORS: readonly SegmentVector[] = [
  {
    name: "connect of a client",
    //     conv     seq      ack      ct fl wnd tsval    tsecr    | 00 = connect, 03 01 00 = shift 0
    hex: "50544350 00000000 00000000 0002ffff 00000000 00000000 00030100",
    segment: {
      seq: 0,
      ack: 0,
      flags: SegmentFlag.control,
      window: 0xffff,
      tsval: 0,
      tsecr: 0,
      body: fromHex("00030100"),
    },
  },
  {
    name: "connect of an agent",
    hex: "50544350 00000000 00000004 0002ffff 01800b28 00000000 00030100",
    segment: {
      seq: 0,
      ack: 4,
      flags: SegmentFlag.control,
      window: 0xffff,
      tsval: 0x01800b28,
      tsecr: 0,
      body: fromHex("00030100"),
    },
  },
  {
    name: "request of a sign",
    hex: "50544350 00000004 00000004 0000ffff 00000001 01800b28 17000000 00000000 00000000",
    segment: {
      seq: 4,
      ack: 4,
      flags: 0,
      window: 0xffff,
      tsval: 1,
      tsecr: 0x01800b28,
      body: fromHex("17000000 00000000 00000000"),
    },
  },
  {
    name: "bare acknowledgement",
    hex: "50544350 00000004 00000010 0000fff3 01800b82 00000001",
    segment: {
      seq: 4,
      ack: 16,
      flags: 0,
      window: 0xfff3,
      tsval: 0x01800b82,
      tsecr: 1,
      body: NONE,
    },
  },
];
