import { concatBytes } from "../bytes/bytes.ts";
import { Writer } from "../bytes/writer.ts";
import { ipv4Bytes } from "../endpoint.ts";

const HEADER_LENGTH = 20;
const TIME_TO_LIVE = 64;

export interface Ipv4Payload {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  /** With its own header, the check sum of which is 0. */
  readonly bytes: Uint8Array;
  /** Where in the bytes the check sum is. */
  readonly checksumAt: number;
}

/** An IPv4 packet, its own check sum and the payload's put in. */
export function encodeIpv4({ from, to, protocol, bytes, checksumAt }: Ipv4Payload): Uint8Array {
  const addresses = new Writer(8).bytes(ipv4Bytes(from)).bytes(ipv4Bytes(to)).finish();
  const header = new Writer(HEADER_LENGTH)
    .u16(0x4500).u16(HEADER_LENGTH + bytes.byteLength).u32(0)
    .u8(TIME_TO_LIVE).u8(protocol).u16(0).bytes(addresses).finish();
  const packet = concatBytes([header, bytes]);
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  view.setUint16(10, checksum(sumOf(header)));
  // RFC 768, RFC 9293 section 3.1: over addresses, protocol and length, too. 0 would stand for none.
  const sum = sumOf(addresses) + protocol + bytes.byteLength + sumOf(bytes);
  view.setUint16(HEADER_LENGTH + checksumAt, checksum(sum) || 0xffff);
  return packet;
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
