/** TCP segments for our own captures, as connections we only see as streams would have had them. */

import { Writer } from "../bytes/writer.ts";
import type { Endpoint } from "../machine.ts";
import { encodeIpv4 } from "./ipv4_packet.ts";

const TCP = 6;
const HEADER_LENGTH = 20;

/** Bits of the flags (RFC 9293 section 3.1). */
export const TCP_FLAG = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const;

/** Nobody here knows what either end offered. */
const WINDOW = 65_535;

export interface TcpSegment {
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** Both modulo 2³². */
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** An IPv4 packet with the segment, check sums included. */
export function encodeTcpPacket({ from, to, seq, ack, flags, payload }: TcpSegment): Uint8Array {
  const bytes = new Writer(HEADER_LENGTH + payload.byteLength)
    .u16(from.port).u16(to.port).u32(seq).u32(ack)
    .u8(HEADER_LENGTH / 4 << 4).u8(flags).u16(WINDOW).u16(0).u16(0).bytes(payload).finish();
  return encodeIpv4({ from: from.address, to: to.address, protocol: TCP, bytes, checksumAt: 16 });
}
