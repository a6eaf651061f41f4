/** UDP datagrams inside the frames of captures: found in any link type, and made for our own. */

import { Writer } from "../bytes/writer.ts";
import { ipv4Bytes, ipv4Text } from "../endpoint.ts";
import type { Endpoint } from "../machine.ts";
import { type CaptureFrame, LinkType } from "./frame.ts";

/** What a frame was found to hold. */
export type FoundUdp =
  | {
    readonly type: "udp";
    readonly from: Endpoint;
    readonly to: Endpoint;
    readonly payload: Uint8Array;
    /** Where in the frame the payload begins. */
    readonly offset: number;
    /** Bytes of it the capture does not have. */
    readonly missing: number;
  }
  /** Something else; `rule` says why it is none. */
  | { readonly type: "other"; readonly rule: string; readonly offset: number };

const UDP = 17;
const ETHERTYPE_IPV4 = 0x0800;
const VLAN_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const MAX_VLAN_TAGS = 4;
const IPV4_HEADER = 20;
const UDP_HEADER = 8;
const TIME_TO_LIVE = 64;

/** Finds the datagram in a frame. Never throws. */
export function findUdp(frame: CaptureFrame): FoundUdp {
  const { bytes } = frame;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = ipStart(frame.linkType, view);
  return typeof start === "number" ? readIp(view, start, bytes) : start;
}

/** An IPv4 packet with the datagram, check sums included. */
export function encodeUdpPacket(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const udpLength = UDP_HEADER + payload.byteLength;
  const addresses = new Writer(8).bytes(ipv4Bytes(from.address)).bytes(ipv4Bytes(to.address))
    .finish();
  const packet = new Writer(IPV4_HEADER + udpLength)
    .u16(0x4500).u16(IPV4_HEADER + udpLength).u32(0)
    .u8(TIME_TO_LIVE).u8(UDP).u16(0).bytes(addresses)
    .u16(from.port).u16(to.port).u16(udpLength).u16(0).bytes(payload).finish();
  const view = new DataView(packet.buffer);
  view.setUint16(10, checksum(sumOf(packet.subarray(0, IPV4_HEADER))));
  // RFC 768: over a header of addresses, protocol and length, too; 0 would stand for none.
  const sum = sumOf(addresses) + UDP + udpLength + sumOf(packet.subarray(IPV4_HEADER));
  view.setUint16(IPV4_HEADER + 6, checksum(sum) || 0xffff);
  return packet;
}

/** Where the IP header begins, or why there is none. */
function ipStart(linkType: number, view: DataView): number | FoundUdp {
  switch (linkType) {
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
    case LinkType.ipv4:
      return 0;
    case LinkType.null:
    case LinkType.loop:
      return view.byteLength < 4 ? tooShort(view, 4) : 4;
    case LinkType.ethernet:
      return behindEthernet(view);
    case LinkType.linuxCooked:
      return behindType(view, 14);
    case LinkType.linuxCooked2:
      return view.byteLength < 20 ? tooShort(view, 20) : behindType(view, 0, 20);
    default:
      return { type: "other", rule: `link type ${linkType} is not read`, offset: 0 };
  }
}

function behindEthernet(view: DataView): number | FoundUdp {
  let at = 12;
  for (let tags = 0; tags < MAX_VLAN_TAGS && at + 2 <= view.byteLength; tags++) {
    if (!VLAN_TYPES.includes(view.getUint16(at))) break;
    at += 4;
  }
  return behindType(view, at);
}

function behindType(view: DataView, typeAt: number, start = typeAt + 2): number | FoundUdp {
  if (view.byteLength < start) return tooShort(view, start);
  const type = view.getUint16(typeAt);
  if (type === ETHERTYPE_IPV4) return start;
  return { type: "other", rule: `it holds no IPv4 but 0x${hex4(type)}`, offset: typeAt };
}

function readIp(view: DataView, start: number, bytes: Uint8Array): FoundUdp {
  if (view.byteLength < start + IPV4_HEADER) return tooShort(view, start + IPV4_HEADER);
  const first = view.getUint8(start);
  if (first >> 4 !== 4) {
    return { type: "other", rule: `its IP version is ${first >> 4}, not 4`, offset: start };
  }
  const protocol = view.getUint8(start + 9);
  if (protocol !== UDP) {
    return { type: "other", rule: `its protocol is ${protocol}, not UDP`, offset: start + 9 };
  }
  if ((view.getUint16(start + 6) & 0x3fff) !== 0) {
    return { type: "other", rule: "it is a fragment of a datagram", offset: start + 6 };
  }
  const udp = start + Math.max(IPV4_HEADER, 4 * (first & 15));
  if (view.byteLength < udp + UDP_HEADER) return tooShort(view, udp + UDP_HEADER);
  const length = view.getUint16(udp + 4);
  if (length < UDP_HEADER) {
    return { type: "other", rule: `its UDP length is ${length}, below 8`, offset: udp + 4 };
  }
  const offset = udp + UDP_HEADER;
  const payload = bytes.subarray(offset, udp + length);
  return {
    type: "udp",
    from: {
      address: ipv4Text(bytes.subarray(start + 12, start + 16)),
      port: view.getUint16(udp),
    },
    to: {
      address: ipv4Text(bytes.subarray(start + 16, start + 20)),
      port: view.getUint16(udp + 2),
    },
    payload,
    offset,
    missing: length - UDP_HEADER - payload.byteLength,
  };
}

function tooShort(view: DataView, needed: number): FoundUdp {
  const rule = `its headers need ${needed} bytes: have ${view.byteLength}`;
  return { type: "other", rule, offset: view.byteLength };
}

/** Sum of the 16-bit words; an odd last byte is the upper half of one. */
function sumOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const even = bytes.byteLength & ~1;
  let sum = even === bytes.byteLength ? 0 : view.getUint8(even) * 256;
  for (let at = 0; at < even; at += 2) sum += view.getUint16(at);
  return sum;
}

/** RFC 1071. */
function checksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, "0");
}
