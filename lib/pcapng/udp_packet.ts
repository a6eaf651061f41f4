/** UDP datagrams as the packets our own captures have. @module */

import { Writer } from "../bytes/writer.ts";
import type { Endpoint } from "../machine.ts";
import { encodeIpv4 } from "./ipv4_packet.ts";

const UDP = 17;
const HEADER_LENGTH = 8;

/** An IPv4 packet with the datagram, check sums included. */
export function encodeUdpPacket(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const length = HEADER_LENGTH + payload.byteLength;
  const bytes = new Writer(length).u16(from.port).u16(to.port).u16(length).u16(0).bytes(payload)
    .finish();
  return encodeIpv4({ from: from.address, to: to.address, protocol: UDP, bytes, checksumAt: 6 });
}
