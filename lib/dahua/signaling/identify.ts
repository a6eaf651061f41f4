import { DecodeError } from "../../bytes/decode_error.ts";

/** Bytes of an Identify. Both sides of a channel use it as the tie-breaker of their checks. */
const IDENTIFY_LENGTH = 8;

/** Lowercase hex of each byte without zero padding, joined by single blanks: `8a 7 c6 …` [wire]. */
export function formatIdentify(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16)).join(" ");
}

/** Reads what `formatIdentify` writes, padded or not. Throws `DecodeError`. */
export function parseIdentify(text: string): Uint8Array {
  const parts = text.trim().split(/\s+/);
  if (parts.length !== IDENTIFY_LENGTH || !parts.every((part) => /^[0-9a-f]{1,2}$/i.test(part))) {
    throw new DecodeError(
      `Cannot decode Identify as it needs ${IDENTIFY_LENGTH} hex bytes: "${text.slice(0, 64)}"`,
    );
  }
  return Uint8Array.from(parts, (part) => parseInt(part, 16));
}
