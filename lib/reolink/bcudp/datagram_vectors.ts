/** BcUDP datagrams: bytes beside values. */

import { fromHex } from "../../bytes/bytes.ts";
import type { BcUdpDatagram } from "./datagram.ts";

export interface DatagramVector {
  readonly name: string;
  readonly hex: string;
  readonly datagram: BcUdpDatagram;
}

export const DATAGRAM_VECTORS: readonly DatagramVector[] = [
  {
    name: "acknowledgement of nothing yet",
    //     magic    conn     0        group    packet   latency  bitmap
    hex: "20cf872a 31000000 00000000 ffffffff ffffffff 00000000 00000000",
    datagram: ack(49, undefined, 0, ""),
  },
  {
    name: "acknowledgement of packet 6 and, behind two holes, of 8, 9 and 11",
    hex: "20cf872a 31000000 00000000 00000000 06000000 00000000 05000000 00 01 01 00 01",
    datagram: ack(49, 6, 0, "0001010001"),
  },
  {
    name: "acknowledgement in order, with a latency",
    hex: "20cf872a 50000000 00000000 00000000 87090000 d6d60000 00000000",
    datagram: ack(80, 2439, 54_998, ""),
  },
  {
    name: "acknowledgement for a negative connection id, of the last packet before the wrap",
    hex: "20cf872a eb32a4f8 00000000 00000000 ffffffff 00000000 00000000",
    datagram: ack(-123_456_789, 0xffffffff, 0, ""),
  },
  {
    name: "data datagram",
    //     magic    conn     0        packet   length   payload
    hex: "10cf872a 50400100 00000000 87090000 04000000 f0debc0a",
    datagram: data(82_000, 2439, "f0debc0a"),
  },
  {
    name: "data datagram with the first request of a login",
    hex: "10cf872a 31000000 00000000 00000000 14000000" +
      "f0debc0a 01000000 00000000 00000000 12dc1465",
    datagram: data(49, 0, "f0debc0a 01000000 00000000 00000000 12dc1465"),
  },
  {
    name: "data datagram for a negative connection id",
    hex: "10cf872a eb32a4f8 00000000 00000000 01000000 2a",
    datagram: data(-123_456_789, 0, "2a"),
  },
  {
    name: "data datagram without data",
    hex: "10cf872a 31000000 00000000 feffffff 00000000",
    datagram: data(49, 0xfffffffe, ""),
  },
];

function ack(
  connectionId: number,
  packetId: number | undefined,
  latency: number,
  bitmap: string,
): BcUdpDatagram {
  return { type: "ack", connectionId, packetId, latency, bitmap: fromHex(bitmap) };
}

function data(connectionId: number, packetId: number, payload: string): BcUdpDatagram {
  return { type: "data", connectionId, packetId, payload: fromHex(payload) };
}
