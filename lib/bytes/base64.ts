import { Buffer } from "node:buffer";
import { DecodeError } from "./decode_error.ts";

/** Standard base64 (RFC 4648 section 4) with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * Reads base64 with or without padding; white space is ignored. Throws `DecodeError` for what
 * `Buffer` would silently skip, and for empty text.
 *
 * @param what Names the thing being decoded in error texts.
 */
export function decodeBase64(text: string, what: string): Uint8Array {
  const packed = text.replace(/\s+/g, "");
  const digits = packed.replace(/={1,2}$/, "");
  // A last digit on its own has six bits: no byte, and `Buffer` would drop it.
  if (!/^[A-Za-z0-9+/]+$/.test(digits) || digits.length % 4 === 1) {
    throw new DecodeError(`Cannot decode ${what} as it must be base64: "${text.slice(0, 16)}"`);
  }
  return new Uint8Array(Buffer.from(packed, "base64"));
}
