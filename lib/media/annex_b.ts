/** The byte stream format of H.264 and H.265 (Annex B of both): NAL units after start codes. */

import { DecodeError } from "../bytes/decode_error.ts";

/** The most NAL units one call takes; a hostile buffer of start codes must not become an array. */
export const MAX_NAL_UNITS = 65_536;

/**
 * The NAL units between the start codes of `bytes`, as views on it, without start codes and
 * trailing zeros. Throws `DecodeError` unless the first thing in `bytes` is a start code.
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = afterStartCode(bytes, 0);
  if (start === undefined || bytes.subarray(0, start - 3).some((byte) => byte !== 0)) {
    throw new DecodeError("Cannot split byte stream as it must begin with a start code");
  }
  while (start !== undefined) {
    const next = afterStartCode(bytes, start);
    const end = withoutZeros(bytes, start, next === undefined ? bytes.byteLength : next - 3);
    if (end > start) units.push(bytes.subarray(start, end));
    if (units.length > MAX_NAL_UNITS) {
      throw new DecodeError(`Cannot split byte stream as ${MAX_NAL_UNITS} NAL units are the most`);
    }
    start = next;
  }
  return units;
}

/** Where the first byte after the next `00 00 01` lies. */
function afterStartCode(bytes: Uint8Array, from: number): number | undefined {
  for (let one = bytes.indexOf(1, from + 2); one !== -1; one = bytes.indexOf(1, one + 1)) {
    if (bytes[one - 1] === 0 && bytes[one - 2] === 0) return one + 1;
  }
  return undefined;
}

/** NAL units never end in a zero byte: those before a start code belong to the byte stream. */
function withoutZeros(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && bytes[end - 1] === 0) end--;
  return end;
}
