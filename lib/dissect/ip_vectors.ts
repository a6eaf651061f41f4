/** Frames with an IP packet in them, of every link type: bytes beside values. They seed the fuzzer. */

export interface IpVector {
  readonly name: string;
  readonly hex: string;
  readonly linkType: number;
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly payload: string;
}

const V4 = "45000016 00000000 40110000 7f000001 7f000002 abcd";
const V4_ENDS = { from: "127.0.0.1", to: "127.0.0.2", protocol: 17, payload: "abcd" };

/** From 2001:db8::1 to fe80::1:0:0:2. */
const V6_ADDRESSES = "20010db8000000000000000000000001 fe800000000000000001000000000002";
const V6 = `60000000 0002 11 40 ${V6_ADDRESSES} abcd`;
const V6_ENDS = { from: "2001:db8::1", to: "fe80::1:0:0:2", protocol: 17, payload: "abcd" };

export const IP_VECTORS: readonly IpVector[] = [
  { name: "raw IPv4", linkType: 101, hex: V4, ...V4_ENDS },
  { name: "raw IPv6", linkType: 101, hex: V6, ...V6_ENDS },
  { name: "IPv6 as such", linkType: 229, hex: V6, ...V6_ENDS },
  {
    name: "Ethernet with padding behind it",
    linkType: 1,
    hex: `000000000001 000000000002 0800 ${V4} 000000000000`,
    ...V4_ENDS,
  },
  {
    name: "Ethernet with two VLAN tags",
    linkType: 1,
    hex: `000000000001 000000000002 88a80001 81000002 86dd ${V6}`,
    ...V6_ENDS,
  },
  {
    name: "PPPoE",
    linkType: 1,
    hex: `000000000001 000000000002 8864 11000001002c 0057 ${V6}`,
    ...V6_ENDS,
  },
  {
    name: "PPP with address and control",
    linkType: 9,
    hex: `ff03 0021 ${V4}`,
    ...V4_ENDS,
  },
  {
    name: "a Linux cooked capture",
    linkType: 113,
    hex: `0000 0304 0006 000000000000 0000 0800 ${V4}`,
    ...V4_ENDS,
  },
  {
    name: "a Linux cooked capture of the second kind",
    linkType: 276,
    hex: `86dd 0000 00000001 0304 00 06 0000000000000000 ${V6}`,
    ...V6_ENDS,
  },
  { name: "BSD loopback", linkType: 0, hex: `1e000000 ${V6}`, ...V6_ENDS },
  { name: "OpenBSD loopback", linkType: 108, hex: `00000002 ${V4}`, ...V4_ENDS },
  {
    name: "an IPv4 header with options",
    linkType: 101,
    hex: "4600001a 00000000 40110000 7f000001 7f000002 01010101 abcd",
    ...V4_ENDS,
  },
  {
    name: "IPv4 of a segment that the network card is to cut",
    linkType: 101,
    hex: "45000000 00000000 40110000 7f000001 7f000002 abcd",
    ...V4_ENDS,
  },
  {
    name: "IPv6 with options, a routing header, authentication and a fragment that is whole",
    linkType: 101,
    hex: `60000000 0042 00 40 ${V6_ADDRESSES}
      3c 00 000000000000
      2b 00 000000000000
      33 01 000000000000 0000000000000000
      2c 04 0000 00000001 00000001 000000000000000000000000
      11 00 0000 00000001 abcd`,
    ...V6_ENDS,
  },
];
