/**
 * The classic capture format: a file header of 24 bytes, then packets with headers of 16
 * (draft-ietf-opsawg-pcap).
 *
 * @module
 */

import { DecodeError } from "../bytes/decode_error.ts";

export const PCAP_HEADER_LENGTH = 24;
export const PCAP_RECORD_LENGTH = 16;

/** Magic numbers as read big-endian, and what they say of the file. */
const MAGICS: ReadonlyMap<number, PcapMagic> = new Map([
  [0xa1b2c3d4, { littleEndian: false, fraction: 1e-3 }],
  [0xd4c3b2a1, { littleEndian: true, fraction: 1e-3 }],
  [0xa1b23c4d, { littleEndian: false, fraction: 1e-6 }],
  [0x4d3cb2a1, { littleEndian: true, fraction: 1e-6 }],
]);

interface PcapMagic {
  readonly littleEndian: boolean;
  /** What one unit of a time's second half is in milliseconds. */
  readonly fraction: number;
}

/** What the file header says. */
export interface PcapHeader extends PcapMagic {
  readonly linkType: number;
}

export interface PcapRecord {
  readonly time: number;
  readonly length: number;
  readonly wireLength: number;
}

/** Whether a file that begins with this number is a classic one. */
export function isPcapMagic(magic: number): boolean {
  return MAGICS.has(magic);
}

/** Reads the 24 bytes at the start of `view`. Throws `DecodeError`. */
export function decodePcapHeader(view: DataView): PcapHeader {
  const magic = MAGICS.get(view.getUint32(0));
  if (magic === undefined) throw new DecodeError("Cannot decode capture as its magic is unknown");
  // The upper half tells of check sums behind frames.
  return { ...magic, linkType: view.getUint32(20, magic.littleEndian) & 0xffff };
}

/** Reads the 16 bytes at the start of `view`. */
export function decodePcapRecord(view: DataView, header: PcapHeader): PcapRecord {
  const { littleEndian, fraction } = header;
  const seconds = view.getUint32(0, littleEndian);
  return {
    time: seconds * 1000 + view.getUint32(4, littleEndian) * fraction,
    length: view.getUint32(8, littleEndian),
    wireLength: view.getUint32(12, littleEndian),
  };
}
