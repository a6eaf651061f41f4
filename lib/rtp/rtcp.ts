/** RTCP packets (RFC 3550 section 6). @module */

import { DecodeError } from "../bytes/decode_error.ts";
import { Reader } from "../bytes/reader.ts";
import { Writer } from "../bytes/writer.ts";

/** `PT` of RTCP packets, RFC 3550 section 12.1. */
export const RTCP_TYPE = { senderReport: 200, receiverReport: 201, sdes: 202, bye: 203 } as const;

/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_TO_UNIX_SECONDS = 2_208_988_800;

/** What a sender says about its stream so that receivers can line tracks up. */
export interface SenderReport {
  readonly ssrc: number;
  /** The moment that `rtpTimestamp` stands for, in milliseconds since 1970 UTC. */
  readonly wallClock: number;
  readonly rtpTimestamp: number;
  /** 32 bits, wraps around; as `octetCount`. */
  readonly packetCount: number;
  /** Bytes of payload sent, without headers and padding. */
  readonly octetCount: number;
}

/** One packet of a compound. */
export interface RtcpPacket {
  readonly type: number;
  /** The five bits whose meaning depends on the type: mostly how many blocks follow. */
  readonly count: number;
  /** What follows the four bytes of the header, a view on the input, padding included. */
  readonly body: Uint8Array;
}

/** A sender report and the canonical name of its sender; see `writeName()`. */
export function encodeSenderReport(report: SenderReport, canonicalName: string): Uint8Array {
  const name = encodeName(canonicalName);
  const writer = new Writer(28 + nameLength(name));
  const seconds = Math.floor(report.wallClock / 1000);
  writeHeader(writer, RTCP_TYPE.senderReport, 0, 24);
  writer.u32(report.ssrc);
  writer.u32((seconds + NTP_TO_UNIX_SECONDS) >>> 0);
  writer.u32(Math.floor(((report.wallClock / 1000) - seconds) * 2 ** 32) >>> 0);
  writer.u32(report.rtpTimestamp).u32(report.packetCount).u32(report.octetCount);
  return writeName(writer, report.ssrc, name).finish();
}

/**
 * What a sender says when it sends no more (RFC 3550 section 6.6), behind an empty report, since
 * every compound begins with one.
 */
export function encodeGoodbye(ssrc: number, canonicalName: string): Uint8Array {
  const name = encodeName(canonicalName);
  const writer = new Writer(8 + nameLength(name) + 8);
  writeHeader(writer, RTCP_TYPE.receiverReport, 0, 4);
  writeName(writer.u32(ssrc), ssrc, name);
  writeHeader(writer, RTCP_TYPE.bye, 1, 4);
  return writer.u32(ssrc).finish();
}

/** The packets of a compound, whatever they hold. Throws `DecodeError`. */
export function decodeRtcp(bytes: Uint8Array): RtcpPacket[] {
  const reader = new Reader(bytes, "RTCP packet");
  const packets: RtcpPacket[] = [];
  while (reader.remaining > 0) {
    const flags = reader.u8();
    if (flags >>> 6 !== 2) {
      throw new DecodeError(`Cannot decode RTCP packet as its version must be 2: ${flags >>> 6}`);
    }
    const type = reader.u8();
    const body = reader.take(4 * reader.u16());
    packets.push({ type, count: flags & 0x1f, body });
  }
  return packets;
}

/** Reads the body of a packet of type `senderReport`. Throws `DecodeError`. */
export function decodeSenderReport(body: Uint8Array): SenderReport {
  const reader = new Reader(body, "RTCP sender report");
  const ssrc = reader.u32();
  const seconds = reader.u32() - NTP_TO_UNIX_SECONDS;
  const wallClock = 1000 * (seconds + reader.u32() / 2 ** 32);
  return {
    ssrc,
    wallClock,
    rtpTimestamp: reader.u32(),
    packetCount: reader.u32(),
    octetCount: reader.u32(),
  };
}

function encodeName(canonicalName: string): Uint8Array {
  const name = new TextEncoder().encode(canonicalName);
  if (name.byteLength > 255) {
    throw new RangeError(`Cannot encode SDES as a name has 255 bytes at most: ${name.byteLength}`);
  }
  return name;
}

/** SSRC, item type, item length, name, and one to four zeros up to a multiple of four. */
function chunkLength(name: Uint8Array): number {
  return Math.ceil((4 + 2 + name.byteLength + 1) / 4) * 4;
}

/** Bytes that `writeName()` writes. */
function nameLength(name: Uint8Array): number {
  return 4 + chunkLength(name);
}

/**
 * The canonical name of a sender, which every compound must hold (RFC 3550 section 6.1). Tracks
 * whose canonical names are equal are played in step.
 */
function writeName(writer: Writer, ssrc: number, name: Uint8Array): Writer {
  const length = chunkLength(name);
  writeHeader(writer, RTCP_TYPE.sdes, 1, length);
  writer.u32(ssrc).u8(1).u8(name.byteLength).bytes(name);
  return writer.bytes(new Uint8Array(length - 6 - name.byteLength));
}

function writeHeader(writer: Writer, type: number, count: number, bodyLength: number): void {
  writer.u8(0x80 | count).u8(type).u16(bodyLength / 4);
}
