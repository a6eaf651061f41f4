/** Capture files and frames: bytes beside values; they seed the fuzzer, too. */

import type { Endpoint } from "../machine.ts";
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
];

export interface FrameVector {
  readonly name: string;
  readonly hex: string;
  readonly linkType: number;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: string;
}

const ENDS = {
  from: { address: "127.0.0.1", port: 1 },
  to: { address: "127.0.0.1", port: 2 },
  payload: "abcd",
};

export const FRAME_VECTORS: readonly FrameVector[] = [
  { name: "raw IP", linkType: LinkType.raw, hex: IP, ...ENDS },
  {
    name: "Ethernet with padding behind it",
    linkType: LinkType.ethernet,
    hex: `000000000001 000000000002 0800 ${IP} 000000000000`,
    ...ENDS,
  },
  {
    name: "Ethernet with two VLAN tags",
    linkType: LinkType.ethernet,
    hex: `000000000001 000000000002 88a80001 81000002 0800 ${IP}`,
    ...ENDS,
  },
  {
    name: "Linux cooked capture",
    linkType: LinkType.linuxCooked,
    hex: `0000 0304 0006 000000000000 0000 0800 ${IP}`,
    ...ENDS,
  },
  {
    name: "Linux cooked capture of the second kind",
    linkType: LinkType.linuxCooked2,
    hex: `0800 0000 00000001 0304 00 06 0000000000000000 ${IP}`,
    ...ENDS,
  },
  { name: "BSD loopback", linkType: LinkType.null, hex: `02000000 ${IP}`, ...ENDS },
  { name: "OpenBSD loopback", linkType: LinkType.loop, hex: `00000002 ${IP}`, ...ENDS },
  {
    name: "an IP header with options",
    linkType: LinkType.ipv4,
    hex: "46000022 00000000 40110000 7f000001 7f000001 01010101 00010002 000a0000 abcd",
    ...ENDS,
  },
];
