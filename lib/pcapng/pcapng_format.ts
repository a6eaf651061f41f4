/**
 * Blocks of the pcapng format (draft-ietf-opsawg-pcapng), reading and writing. Every block is type,
 * length, body and the length again, in the byte order of its section.
 *
 * @module
 */

import { concatBytes } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { Writer } from "../bytes/writer.ts";

export const BlockType = {
  section: 0x0a0d0d0a,
  interface: 1,
  /** Obsolete, still found in old files. */
  packet: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Type and both lengths. */
export const BLOCK_OVERHEAD = 12;

const OPTION_COMMENT = 1;
const OPTION_USER_APPLICATION = 4;
const OPTION_IF_NAME = 2;
const OPTION_IF_TSRESOL = 9;
const OPTION_EPB_FLAGS = 2;

export interface CaptureInterface {
  readonly linkType: number;
  /** Frames are cut to this length; 0 for no limit. */
  readonly snapLength: number;
  /** What one unit of a time is in milliseconds. */
  readonly tick: number;
}

export interface CapturePacket {
  readonly interfaceId: number;
  /** In ticks of the interface; `undefined` in simple packets. */
  readonly ticks: number | undefined;
  readonly length: number;
  readonly wireLength: number;
  /** Where in the block's body the frame begins. */
  readonly offset: number;
}

/** Reads the body of an interface block. Throws `DecodeError`. */
export function decodeInterface(body: DataView, littleEndian: boolean): CaptureInterface {
  checkLength(body, 8, "interface");
  let tick = 1e-3;
  for (let at = 8; at + 4 <= body.byteLength;) {
    const code = body.getUint16(at, littleEndian);
    const length = body.getUint16(at + 2, littleEndian);
    if (code === 0 || at + 4 + length > body.byteLength) break;
    if (code === OPTION_IF_TSRESOL && length >= 1) tick = tickOf(body.getUint8(at + 4));
    at += 4 + padded(length);
  }
  return {
    linkType: body.getUint16(0, littleEndian),
    snapLength: body.getUint32(4, littleEndian),
    tick,
  };
}

/** Reads the body of a packet block of any of the three kinds. Throws `DecodeError`. */
export function decodePacket(type: number, body: DataView, littleEndian: boolean): CapturePacket {
  if (type === BlockType.simplePacket) {
    checkLength(body, 4, "packet");
    const wireLength = body.getUint32(0, littleEndian);
    const length = Math.min(wireLength, body.byteLength - 4);
    return { interfaceId: 0, ticks: undefined, length, wireLength, offset: 4 };
  }
  checkLength(body, 20, "packet");
  const packet: CapturePacket = {
    interfaceId: type === BlockType.packet
      ? body.getUint16(0, littleEndian)
      : body.getUint32(0, littleEndian),
    ticks: body.getUint32(4, littleEndian) * 2 ** 32 + body.getUint32(8, littleEndian),
    length: body.getUint32(12, littleEndian),
    wireLength: body.getUint32(16, littleEndian),
    offset: 20,
  };
  checkLength(body, 20 + packet.length, "packet");
  return packet;
}

/** The block a file begins with. */
export function encodeSection(application: string): Uint8Array {
  const fixed = new Writer(16).u32le(BYTE_ORDER_MAGIC).u16le(1).u16le(0)
    .u32le(0xffffffff).u32le(0xffffffff).finish();
  return block(BlockType.section, [fixed, textOption(OPTION_USER_APPLICATION, application), END]);
}

/** An interface whose times are in microseconds. */
export function encodeInterface(linkType: number, name: string): Uint8Array {
  const fixed = new Writer(8).u16le(linkType).u16le(0).u32le(0).finish();
  return block(BlockType.interface, [fixed, textOption(OPTION_IF_NAME, name), END]);
}

export interface PacketToWrite {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly direction: "in" | "out";
  readonly comment: string;
}

/** A packet of the first interface. */
export function encodePacket({ time, bytes, direction, comment }: PacketToWrite): Uint8Array {
  const ticks = Math.round(time * 1000);
  const fixed = new Writer(20).u32le(0).u32le(Math.floor(ticks / 2 ** 32)).u32le(ticks % 2 ** 32)
    .u32le(bytes.byteLength).u32le(bytes.byteLength).finish();
  const flags = new Writer(8).u16le(OPTION_EPB_FLAGS).u16le(4).u32le(direction === "in" ? 1 : 2);
  return block(BlockType.enhancedPacket, [
    fixed,
    withPadding(bytes),
    flags.finish(),
    textOption(OPTION_COMMENT, comment),
    END,
  ]);
}

/** The end of options. */
const END = new Uint8Array(4);

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(parts);
  const length = body.byteLength + BLOCK_OVERHEAD;
  return new Writer(length).u32le(type).u32le(length).bytes(body).u32le(length).finish();
}

function textOption(code: number, text: string): Uint8Array {
  const value = new TextEncoder().encode(text);
  const head = new Writer(4).u16le(code).u16le(value.byteLength).finish();
  return concatBytes([head, withPadding(value)]);
}

function withPadding(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(padded(bytes.byteLength));
  whole.set(bytes);
  return whole;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** The topmost bit chooses between powers of 2 and of 10. */
function tickOf(resolution: number): number {
  return resolution & 0x80 ? 1000 * 2 ** -(resolution & 0x7f) : 10 ** (3 - resolution);
}

function checkLength(body: DataView, needed: number, what: string): void {
  if (body.byteLength >= needed) return;
  throw new DecodeError(
    `Cannot decode ${what} block as it needs ${needed} bytes: have ${body.byteLength}`,
  );
}
