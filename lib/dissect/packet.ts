/** What a frame of a capture is about, down to UDP and TCP. @module */

import type { Endpoint } from "../machine.ts";
import type { CaptureFrame } from "../pcapng/frame.ts";
import { Fragments } from "./fragments.ts";
import { type BadFrame, findIp, type IpPacket, type OtherFrame, Protocol } from "./ip_packet.ts";

export interface UdpPacket {
  readonly type: "udp";
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Uint8Array;
  /** Bytes of the payload the capture does not have. */
  readonly missing: number;
}

export interface TcpPacket extends Omit<UdpPacket, "type"> {
  readonly type: "tcp";
  readonly seq: number;
  readonly ack: number;
  /** See `TCP_FLAG`. */
  readonly flags: number;
  /** As in the header: what it is to be multiplied with was said at the beginning. */
  readonly window: number;
}

/** Something between two hosts that is read no further. */
export interface IpOther {
  readonly type: "ip";
  readonly from: string;
  readonly to: string;
  readonly what: string;
}

export type Packet = UdpPacket | TcpPacket | IpOther | OtherFrame | BadFrame;

const UDP_HEADER = 8;
const TCP_HEADER = 20;

/** Reads frames one after the other, as fragments wait for each other. */
export class PacketReader {
  readonly #fragments = new Fragments();

  /** Never throws. */
  read(frame: CaptureFrame): Packet {
    const found = findIp(frame);
    if (found.type !== "ip") return found;
    if (found.fragment === undefined) return readTransport(found);
    const { from, to, offset, fragment } = found;
    const result = this.#fragments.add(found, fragment, frame.time);
    switch (result.type) {
      case "whole":
        return readTransport(result.packet);
      case "part":
        return {
          type: "ip",
          from,
          to,
          what: `fragment at ${fragment.at}, ${found.payload.byteLength} bytes`,
        };
      case "refused":
        return { type: "bad", rule: result.rule, offset };
    }
  }
}

function readTransport(packet: IpPacket): Packet {
  switch (packet.protocol) {
    case Protocol.udp:
      return readUdp(packet);
    case Protocol.tcp:
      return readTcp(packet);
    case Protocol.icmp:
    case Protocol.icmp6:
      return readIcmp(packet);
    default: {
      const { from, to, protocol } = packet;
      return { type: "ip", from, to, what: `IP protocol ${protocol}` };
    }
  }
}

function readUdp(packet: IpPacket): Packet {
  const { payload, offset } = packet;
  const view = viewOf(payload);
  if (view.byteLength < UDP_HEADER) return tooShort("UDP", packet, UDP_HEADER);
  const length = view.getUint16(4);
  const available = payload.byteLength + packet.missing;
  if (length < UDP_HEADER || length > available) {
    const rule = `its UDP length must be 8 to ${available}: is ${length}`;
    return { type: "bad", rule, offset: offset + 4 };
  }
  const bytes = payload.subarray(UDP_HEADER, length);
  return {
    type: "udp",
    from: { address: packet.from, port: view.getUint16(0) },
    to: { address: packet.to, port: view.getUint16(2) },
    payload: bytes,
    missing: length - UDP_HEADER - bytes.byteLength,
  };
}

function readTcp(packet: IpPacket): Packet {
  const { payload, offset, missing } = packet;
  const view = viewOf(payload);
  if (view.byteLength < TCP_HEADER) return tooShort("TCP", packet, TCP_HEADER);
  const headerLength = 4 * (view.getUint8(12) >> 4);
  if (headerLength < TCP_HEADER) {
    const rule = `its TCP header must have 20 bytes or more: has ${headerLength}`;
    return { type: "bad", rule, offset: offset + 12 };
  }
  if (view.byteLength < headerLength) return tooShort("TCP", packet, headerLength);
  return {
    type: "tcp",
    from: { address: packet.from, port: view.getUint16(0) },
    to: { address: packet.to, port: view.getUint16(2) },
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    payload: payload.subarray(headerLength),
    missing,
  };
}

const UNREACHABLE: Readonly<Record<number, string>> = {
  0: "network",
  1: "host",
  2: "protocol",
  3: "port",
  4: "packet too large for the way",
  9: "network, forbidden",
  10: "host, forbidden",
  13: "forbidden",
};

/** Why a datagram of ours did not arrive is the answer to many a question. */
function readIcmp({ from, to, protocol, payload }: IpPacket): Packet {
  const [type = -1, code = -1] = payload;
  const isV4 = protocol === Protocol.icmp;
  const name = isV4 ? "ICMP" : "ICMPv6";
  const isUnreachable = isV4 ? type === 3 : type === 1;
  if (!isUnreachable) return { type: "ip", from, to, what: `${name} type ${type} code ${code}` };
  const what = isV4 ? UNREACHABLE[code] : code === 4 ? "port" : undefined;
  return { type: "ip", from, to, what: `${name} unreachable: ${what ?? `code ${code}`}` };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooShort(what: string, { payload, offset }: IpPacket, needed: number): BadFrame {
  const have = payload.byteLength;
  return { type: "bad", rule: `its ${what} header needs ${needed} bytes: have ${have}`, offset };
}
