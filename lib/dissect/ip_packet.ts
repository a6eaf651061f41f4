/** IP packets inside the frames of captures, of any link type that carries them. @module */

import { ipv4Text } from "../endpoint.ts";
import { type CaptureFrame, LinkType } from "../pcapng/frame.ts";
import { ipv6Text } from "./ipv6_text.ts";

/** One IP packet. */
export interface IpPacket {
  readonly type: "ip";
  readonly from: string;
  readonly to: string;
  /** What the payload is, e.g. 17 for UDP. */
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Where in the frame the payload begins. */
  readonly offset: number;
  /** Bytes of the payload the capture does not have. */
  readonly missing: number;
  /** Of a packet that is a part of a larger one. */
  readonly fragment?: Fragment;
}

export interface Fragment {
  readonly id: number;
  /** Where in the whole payload this one begins. */
  readonly at: number;
  /** Whether another one follows. */
  readonly more: boolean;
}

/** A frame that holds no IP packet, which is no mistake. */
export interface OtherFrame {
  readonly type: "other";
  readonly what: string;
}

/** A frame that cannot be read, and why. */
export interface BadFrame {
  readonly type: "bad";
  readonly rule: string;
  /** Within the frame, in bytes. */
  readonly offset: number;
}

export const Protocol = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

/** Numbers the pcapng room has no use for: its own files are raw IP. */
const LINK_PPP = 9;
const LINK_IPV6 = 229;

const EtherType = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  arp: 0x0806,
  pppoe: 0x8864,
} as const;

const PPP_TYPES: Readonly<Record<number, number>> = {
  0x0021: EtherType.ipv4,
  0x0057: EtherType.ipv6,
};

const VLAN_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const MAX_VLAN_TAGS = 4;

/** Below, the field is the length of an IEEE 802.3 frame. */
const MIN_ETHER_TYPE = 0x0600;

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Headers of IPv6 that say what comes next and how long they are, in units of 8 bytes. */
const IPV6_OPTIONS: readonly number[] = [0, 43, 60, 135, 139, 140];
const IPV6_FRAGMENT = 44;
const IPV6_AUTHENTICATION = 51;
const MAX_EXTENSIONS = 16;

/** Finds the IP packet in a frame. Never throws. */
export function findIp(frame: CaptureFrame): IpPacket | OtherFrame | BadFrame {
  const { bytes } = frame;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = ipStart(frame.linkType, view);
  if (typeof start !== "number") return start;
  if (view.byteLength < start + 1) return tooShort(view, start + 1);
  const version = view.getUint8(start) >> 4;
  if (version === 4) return readIpv4(view, start, bytes);
  if (version === 6) return readIpv6(view, start, bytes);
  return { type: "bad", rule: `its IP version must be 4 or 6: is ${version}`, offset: start };
}

/** Where the IP header begins, or why there is none. */
function ipStart(linkType: number, view: DataView): number | OtherFrame | BadFrame {
  switch (linkType) {
    case LinkType.raw:
    case LinkType.rawBsd:
    case LinkType.rawOpenBsd:
    case LinkType.ipv4:
    case LINK_IPV6:
      return 0;
    case LinkType.null:
    case LinkType.loop:
      // The family's number differs between systems; the IP version does not.
      return view.byteLength < 4 ? tooShort(view, 4) : 4;
    case LinkType.ethernet:
      return behindEthernet(view, 12);
    case LinkType.linuxCooked:
      return behindEthernet(view, 14);
    case LinkType.linuxCooked2:
      return behindType(view, 0, 20);
    case LINK_PPP:
      // Address and control are left out by some.
      return behindPpp(view, view.byteLength > 1 && view.getUint16(0) === 0xff03 ? 2 : 0);
    default:
      return { type: "bad", rule: `link type ${linkType} is not read`, offset: 0 };
  }
}

/** Behind an EtherType at `at`, in front of which VLAN tags may stand. */
function behindEthernet(view: DataView, at: number): number | OtherFrame | BadFrame {
  let typeAt = at;
  for (let tags = 0; tags < MAX_VLAN_TAGS && typeAt + 2 <= view.byteLength; tags++) {
    if (!VLAN_TYPES.includes(view.getUint16(typeAt))) break;
    typeAt += 4;
  }
  return behindType(view, typeAt, typeAt + 2);
}

function behindType(
  view: DataView,
  typeAt: number,
  start: number,
): number | OtherFrame | BadFrame {
  if (view.byteLength < start) return tooShort(view, start);
  const type = view.getUint16(typeAt);
  switch (type) {
    case EtherType.ipv4:
    case EtherType.ipv6:
      return start;
    case EtherType.arp:
      return { type: "other", what: "ARP" };
    case EtherType.pppoe:
      return behindPpp(view, start + 6);
    default:
      return {
        type: "other",
        what: type < MIN_ETHER_TYPE ? "IEEE 802.3 frame" : `EtherType 0x${hex4(type)}`,
      };
  }
}

function behindPpp(view: DataView, at: number): number | OtherFrame | BadFrame {
  if (view.byteLength < at + 2) return tooShort(view, at + 2);
  const protocol = view.getUint16(at);
  return protocol in PPP_TYPES ? at + 2 : { type: "other", what: `PPP 0x${hex4(protocol)}` };
}

function readIpv4(view: DataView, start: number, bytes: Uint8Array): IpPacket | BadFrame {
  if (view.byteLength < start + IPV4_HEADER) return tooShort(view, start + IPV4_HEADER);
  const headerLength = 4 * (view.getUint8(start) & 15);
  if (headerLength < IPV4_HEADER) {
    const rule = `its IPv4 header must have 20 bytes or more: has ${headerLength}`;
    return { type: "bad", rule, offset: start };
  }
  const offset = start + headerLength;
  if (view.byteLength < offset) return tooShort(view, offset);
  // 0 where the network card cuts segments, behind the place of the capture.
  const total = view.getUint16(start + 2) || view.byteLength - start;
  if (total < headerLength) {
    const rule = `its length must be that of its header or more: is ${total}`;
    return { type: "bad", rule, offset: start + 2 };
  }
  const fragment = view.getUint16(start + 6);
  return {
    type: "ip",
    from: ipv4Text(bytes.subarray(start + 12, start + 16)),
    to: ipv4Text(bytes.subarray(start + 16, start + 20)),
    protocol: view.getUint8(start + 9),
    ...payloadOf(bytes, offset, start + total),
    ...((fragment & 0x3fff) !== 0 && {
      fragment: {
        id: view.getUint16(start + 4),
        at: 8 * (fragment & 0x1fff),
        more: (fragment & 0x2000) !== 0,
      },
    }),
  };
}

function readIpv6(view: DataView, start: number, bytes: Uint8Array): IpPacket | BadFrame {
  if (view.byteLength < start + IPV6_HEADER) return tooShort(view, start + IPV6_HEADER);
  const length = view.getUint16(start + 4);
  const end = length === 0 ? view.byteLength : start + IPV6_HEADER + length;
  let protocol = view.getUint8(start + 6);
  let offset = start + IPV6_HEADER;
  let fragment: Fragment | undefined;
  for (let count = 0; count < MAX_EXTENSIONS; count++) {
    const isFragment = protocol === IPV6_FRAGMENT;
    if (!isFragment && protocol !== IPV6_AUTHENTICATION && !IPV6_OPTIONS.includes(protocol)) break;
    if (view.byteLength < offset + 8) return tooShort(view, offset + 8);
    const size = view.getUint8(offset + 1);
    if (isFragment) {
      const field = view.getUint16(offset + 2);
      const more = (field & 1) !== 0;
      const at = field & 0xfff8;
      // One that is the whole of its packet is as good as none (RFC 6946).
      if (more || at > 0) fragment = { id: view.getUint32(offset + 4), at, more };
    }
    const isShort = protocol === IPV6_AUTHENTICATION;
    protocol = view.getUint8(offset);
    offset += isFragment ? 8 : isShort ? 4 * (size + 2) : 8 * (size + 1);
    // What a later fragment begins with is the middle of something.
    if (fragment !== undefined && fragment.at > 0) break;
  }
  if (offset > end) {
    const rule = `its IPv6 headers must end within ${end - start} bytes: need ${offset - start}`;
    return { type: "bad", rule, offset: start + 4 };
  }
  if (offset > view.byteLength) return tooShort(view, offset);
  return {
    type: "ip",
    from: ipv6Text(bytes.subarray(start + 8, start + 24)),
    to: ipv6Text(bytes.subarray(start + 24, start + 40)),
    protocol,
    ...payloadOf(bytes, offset, end),
    ...(fragment !== undefined && { fragment }),
  };
}

function payloadOf(bytes: Uint8Array, offset: number, end: number) {
  const payload = bytes.subarray(offset, end);
  return { payload, offset, missing: end - offset - payload.byteLength };
}

function tooShort(view: DataView, needed: number): BadFrame {
  const rule = `its headers need ${needed} bytes: have ${view.byteLength}`;
  return { type: "bad", rule, offset: view.byteLength };
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, "0");
}
