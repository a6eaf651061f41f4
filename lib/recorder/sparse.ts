/** Bytes with long runs of zeros, as texts that leave those out. @module */

import { concatBytes } from "../bytes/bytes.ts";
import { decodeBase64, encodeBase64 } from "../bytes/base64.ts";
import { tryDecode } from "../bytes/try_decode.ts";

/** Shorter runs are cheaper as they are. */
const SHORTEST_GAP = 24;

/** More in one text are a mistake. */
const MAX_GAPS = 4_096;

/** Where zeros were left out, counted in the whole, and how many. */
export type Gap = readonly [at: number, length: number];

export interface Sparse {
  /** Base64 of what is not left out. */
  readonly head: string;
  readonly gaps?: readonly Gap[];
}

export function toSparse(bytes: Uint8Array): Sparse {
  const parts: Uint8Array[] = [];
  const gaps: Gap[] = [];
  let kept = 0;
  for (let at = 0; at < bytes.byteLength;) {
    const end = endOfZeros(bytes, at);
    if (end - at >= SHORTEST_GAP) {
      parts.push(bytes.subarray(kept, at));
      gaps.push([at, end - at]);
      kept = end;
    }
    at = Math.max(end, at + 1);
  }
  if (gaps.length === 0) return { head: encodeBase64(bytes) };
  parts.push(bytes.subarray(kept));
  return { head: encodeBase64(concatBytes(parts)), gaps };
}

/** The bytes again, as many as `maxLength`; of a text that is none, nothing. */
export function fromSparse({ head, gaps = [] }: Sparse, maxLength: number): Uint8Array {
  const bytes = head === ""
    ? new Uint8Array(0)
    : tryDecode(() => decodeBase64(head, "head")) ?? new Uint8Array(0);
  if (gaps.length === 0) return bytes.subarray(0, maxLength);
  const parts: Uint8Array[] = [];
  let taken = 0;
  let length = 0;
  for (const [at, zeros] of gaps.slice(0, MAX_GAPS)) {
    const before = Math.max(0, at - length);
    if (at + zeros > maxLength || taken + before > bytes.byteLength) break;
    parts.push(bytes.subarray(taken, taken + before), new Uint8Array(zeros));
    taken += before;
    length += before + zeros;
  }
  return concatBytes([...parts, bytes.subarray(taken)]).subarray(0, maxLength);
}

function endOfZeros(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.byteLength && bytes[at] === 0) at += 1;
  return at;
}
