/** Capture files: bytes beside values; they seed the fuzzer, too. */

import { LinkType } from "./frame.ts";

export interface CaptureVector {
  readonly name: string;
  readonly hex: string;
  readonly frames: readonly {
    readonly time: number | undefined;
    readonly linkType: number;
    readonly wireLength: number;
    readonly length: number;
  }[];
}

/** Bytes of an IPv4 packet from 127.0.0.1:1 to 127.0.0.1:2 with 2 bytes of payload. */
const IP = "4500001e 00000000 40110000 7f000001 7f000001 00010002 000a0000 abcd";

export const CAPTURE_VECTORS: readonly CaptureVector[] = [
  {
    name: "a classic file, little-endian, microseconds, with a frame that was cut",
    //     magic    version  zone     sigfigs  snaplen  link     | seconds micros  length  wire
    hex: `d4c3b2a1 02000400 00000000 00000000 00000400 65000000
      01000000 f4010000 1e000000 1e000000 ${IP}
      02000000 00000000 02000000 1e000000 4500`,
    frames: [
      { time: 1000.5, linkType: LinkType.raw, wireLength: 30, length: 30 },
      { time: 2000, linkType: LinkType.raw, wireLength: 30, length: 2 },
    ],
  },
  {
    name: "a classic file, big-endian, nanoseconds",
    hex: `a1b23c4d 00020004 00000000 00000000 00040000 00000001
      00000001 0007a120 00000002 00000002 0102`,
    frames: [{ time: 1000.5, linkType: LinkType.ethernet, wireLength: 2, length: 2 }],
  },
  {
    name: "pcapng, big-endian, with an unknown block, times in 2^-10 s and a simple packet",
    //    section           length   order    version  section length    length
    hex: `0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c
      00000bad 00000010 01020304 00000010
      00000001 00000020 00650000 00000003 0009 0001 8a000000 0000 0000 00000020
      00000006 00000024 00000000 00000000 00000c00 00000001 00000001 45000000 00000024
      00000003 00000014 00000005 45000000 00000014`,
    frames: [
      { time: 3000, linkType: LinkType.raw, wireLength: 1, length: 1 },
      { time: undefined, linkType: LinkType.raw, wireLength: 5, length: 3 },
    ],
  },
  {
    name: "pcapng of two sections in both byte orders, with interfaces of two links and clocks",
    hex: `0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
      01000000 14000000 0100 0000 00000000 14000000
      01000000 20000000 6500 0000 00000000 0900 0100 09000000 0000 0000 20000000
      06000000 24000000 01000000 00000000 40420f00 01000000 01000000 45000000 24000000
      06000000 24000000 00000000 00000000 40420f00 01000000 01000000 45000000 24000000
      0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
      00000001 00000014 0071 0000 00000000 00000014
      00000006 00000024 00000000 00000000 000f4240 00000001 00000001 45000000 00000024`,
    frames: [
      { time: 1, linkType: LinkType.raw, wireLength: 1, length: 1 },
      { time: 1000, linkType: LinkType.ethernet, wireLength: 1, length: 1 },
      { time: 1000, linkType: LinkType.linuxCooked, wireLength: 1, length: 1 },
    ],
  },
];
