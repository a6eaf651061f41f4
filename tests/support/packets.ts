/** IP packets for captures that are made up: IPv4 and IPv6, in fragments, UDP and TCP. @module */

import { concatBytes } from "../../lib/bytes/bytes.ts";
import { Writer } from "../../lib/bytes/writer.ts";
import { ipv4Bytes } from "../../lib/endpoint.ts";
import type { Endpoint } from "../../lib/machine.ts";

export const LINK_RAW = 101;

const FRAGMENT_HEADER = 44;

/** The 16 bytes of an IPv6 address without a dotted part. */
export function ipv6Bytes(address: string): Uint8Array {
  const [front = "", back] = address.split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":").map((g) => parseInt(g, 16));
  const [first, last] = [groups(front), groups(back ?? "")];
  const zeros = Array<number>(8 - first.length - last.length).fill(0);
  const writer = new Writer(16);
  for (const group of [...first, ...zeros, ...last]) writer.u16(group);
  return writer.finish();
}

export interface IpToEncode {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Of a fragment. */
  readonly fragment?: { readonly id: number; readonly at: number; readonly more: boolean };
}

export function encodeIp(packet: IpToEncode): Uint8Array {
  return packet.from.includes(":") ? encodeIpv6(packet) : encodeIpv4(packet);
}

function encodeIpv4({ from, to, protocol, payload, fragment }: IpToEncode): Uint8Array {
  const field = fragment === undefined ? 0 : fragment.at / 8 + (fragment.more ? 0x2000 : 0);
  return new Writer(20 + payload.byteLength).u16(0x4500).u16(20 + payload.byteLength)
    .u16(fragment?.id ?? 0).u16(field).u8(64).u8(protocol).u16(0)
    .bytes(ipv4Bytes(from)).bytes(ipv4Bytes(to)).bytes(payload).finish();
}

function encodeIpv6({ from, to, protocol, payload, fragment }: IpToEncode): Uint8Array {
  const extension = fragment === undefined
    ? new Uint8Array(0)
    : new Writer(8).u8(protocol).u8(0).u16(fragment.at + (fragment.more ? 1 : 0))
      .u32(fragment.id).finish();
  const length = extension.byteLength + payload.byteLength;
  return new Writer(40 + length).u32(0x60000000).u16(length)
    .u8(fragment === undefined ? protocol : FRAGMENT_HEADER).u8(64)
    .bytes(ipv6Bytes(from)).bytes(ipv6Bytes(to)).bytes(extension).bytes(payload).finish();
}

/** The same packet in fragments of up to this many bytes, a multiple of 8. */
export function fragmentsOf(packet: IpToEncode, id: number, size: number): Uint8Array[] {
  const { payload } = packet;
  const count = Math.max(1, Math.ceil(payload.byteLength / size));
  return Array.from({ length: count }, (_, i) => {
    const fragment = { id, at: i * size, more: i < count - 1 };
    return encodeIp({ ...packet, payload: payload.subarray(i * size, (i + 1) * size), fragment });
  });
}

/** UDP over either version of IP. */
export function udpPacket(from: Endpoint, to: Endpoint, payload: Uint8Array): IpToEncode {
  const header = new Writer(8).u16(from.port).u16(to.port).u16(8 + payload.byteLength).u16(0xffff);
  const whole = concatBytes([header.finish(), payload]);
  return { from: from.address, to: to.address, protocol: 17, payload: whole };
}

export interface TcpToEncode {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly seq: number;
  readonly ack?: number;
  /** Only the acknowledgement where left out. */
  readonly flags?: number;
  readonly window?: number;
  readonly payload?: Uint8Array;
}

export function tcpPacket(
  { from, to, seq, ack = 0, flags = 0x10, window = 1024, payload = new Uint8Array(0) }: TcpToEncode,
): IpToEncode {
  const header = new Writer(20).u16(from.port).u16(to.port).u32(seq >>> 0).u32(ack >>> 0)
    .u8(0x50).u8(flags).u16(window).u32(0).finish();
  const whole = concatBytes([header, payload]);
  return { from: from.address, to: to.address, protocol: 6, payload: whole };
}
