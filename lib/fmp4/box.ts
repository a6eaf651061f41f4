/** Boxes, what MP4 is made of (ISO/IEC 14496-12 section 4.2): a length, a name, then what they hold. */

import { concatBytes } from "../bytes/bytes.ts";
import { Writer } from "../bytes/writer.ts";

export const BOX_HEADER_LENGTH = 8;

/** A box of this name, four letters, with these parts one behind the other. */
export function box(name: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(parts);
  const writer = new Writer(BOX_HEADER_LENGTH + body.byteLength);
  writeBoxHeader(writer, name, body.byteLength);
  return writer.bytes(body).finish();
}

/** A box with a version and 24 bits of flags in front. */
export function fullBox(
  name: string,
  version: number,
  flags: number,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  return box(name, new Writer(4).u8(version).u24(flags).finish(), ...parts);
}

/** What stands in front of a body of `length` bytes. */
export function writeBoxHeader(writer: Writer, name: string, length: number): void {
  writer.u32(BOX_HEADER_LENGTH + length);
  for (const letter of name) writer.u8(letter.charCodeAt(0));
}

/** `count` zero bytes: what is reserved, or left at its default. */
export function zeros(count: number): Uint8Array {
  return new Uint8Array(count);
}

export function u16s(...values: readonly number[]): Uint8Array {
  return values.reduce((writer, value) => writer.u16(value), new Writer(2 * values.length))
    .finish();
}

export function u32s(...values: readonly number[]): Uint8Array {
  return values.reduce((writer, value) => writer.u32(value), new Writer(4 * values.length))
    .finish();
}
