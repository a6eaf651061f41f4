import { concatBytes } from "../../bytes/bytes.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { decodeBcUdp } from "../../reolink/bcudp/datagram.ts";
import { blankBaichuan, recastBaichuan } from "./baichuan_recast.ts";
import type { RecastDatagram } from "./ptcp_recast.ts";
import type { SameLength } from "./rtsp_recast.ts";

const HEADER_LENGTH = 20;

/** The datagrams of one BcUDP connection, what is somebody's own in them replaced. */
export function recastBcUdp(
  datagrams: readonly RecastDatagram[],
  password: string | undefined,
  sameLength: SameLength,
): Uint8Array[] {
  const streams = {
    in: new Packets(datagrams, "in", (bytes) => recastBaichuan(bytes, password, sameLength)),
    out: new Packets(datagrams, "out", blankBaichuan),
  };
  return datagrams.map((datagram) => streams[datagram.direction].rewrite(datagram));
}

/** One direction: packets, numbered from 0, which make a stream as far as none is missing. */
class Packets {
  readonly #places = new Map<number, number>();
  readonly #stream: Uint8Array;

  constructor(
    datagrams: readonly RecastDatagram[],
    direction: "in" | "out",
    change: (bytes: Uint8Array) => void,
  ) {
    const packets = new Map<number, Uint8Array>();
    for (const datagram of datagrams) {
      if (datagram.direction !== direction || datagram.isCut) continue;
      const decoded = tryDecode(() => decodeBcUdp(datagram.bytes));
      if (decoded?.type === "data") packets.set(decoded.packetId, decoded.payload);
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let id = 0;; id++) {
      const packet = packets.get(id);
      if (packet === undefined) break;
      this.#places.set(id, length);
      parts.push(packet);
      length += packet.byteLength;
    }
    this.#stream = concatBytes(parts);
    change(this.#stream);
  }

  rewrite({ bytes, isCut }: RecastDatagram): Uint8Array {
    const decoded = tryDecode(() => decodeBcUdp(bytes));
    if (decoded?.type === "ack" || isCut) return bytes;
    if (decoded === undefined) return bytes.subarray(0, HEADER_LENGTH);
    const at = this.#places.get(decoded.packetId);
    const { byteLength } = decoded.payload;
    const payload = new Uint8Array(byteLength);
    if (at !== undefined) payload.set(this.#stream.subarray(at, at + byteLength));
    return concatBytes([bytes.subarray(0, HEADER_LENGTH), payload]);
  }
}
