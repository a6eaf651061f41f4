import { createCipheriv } from "node:crypto";

const BLOCK = 16;

/**
 * AES-256 in output feedback mode (NIST SP 800-38A section 6.4), which Deno's `node:crypto` lacks.
 * Encryption and decryption are the same operation.
 *
 * The keystream is what CBC makes of zeros: each block is the encryption of the one before.
 *
 * @param key 32 bytes.
 * @param iv 16 bytes.
 */
export function aes256Ofb(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Uint8Array {
  const zeros = new Uint8Array(Math.ceil(bytes.byteLength / BLOCK) * BLOCK);
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  cipher.setAutoPadding(false);
  const keystream = cipher.update(zeros);
  // Deno keeps a cipher for ever that is not finished.
  cipher.final();
  return bytes.map((byte, i) => byte ^ (keystream[i] ?? 0));
}
