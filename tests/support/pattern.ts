import { createHash } from "node:crypto";

/**
 * Bytes of an endless stream in which every four bytes tell where they stand: a piece that is lost,
 * doubled or out of place shows. Any piece can be made by its offset alone.
 */
export function patternAt(offset: number, length: number): Uint8Array {
  const first = Math.floor(offset / 4);
  const skip = offset % 4;
  const words = new Uint32Array(Math.ceil((skip + length) / 4));
  for (let i = 0; i < words.length; i++) words[i] = mix(first + i);
  return new Uint8Array(words.buffer, skip, length);
}

/** SHA-256 of the first bytes of the pattern, in hex. */
export function patternHash(length: number): string {
  const hash = createHash("sha256");
  const step = 1 << 20;
  for (let at = 0; at < length; at += step) {
    hash.update(patternAt(at, Math.min(step, length - at)));
  }
  return hash.digest("hex");
}

function mix(index: number): number {
  let mixed = Math.imul(index ^ 0x5bd1e995, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}
