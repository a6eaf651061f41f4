import { createCipheriv } from "node:crypto";

const BLOCK = 16;

/**
 * AES-128 in cipher feedback mode with segments of a whole block (NIST SP 800-38A section 6.3),
 * which Deno's `node:crypto` lacks. The result is as long as `plain`.
 *
 * Each block depends on the one before, so the cipher is called once for each block: use it for
 * short messages.
 *
 * @param key 16 bytes.
 * @param iv 16 bytes.
 */
export function encryptAes128Cfb(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = blockCipher(key);
  const sealed = plain.slice();
  let feedback = iv;
  for (let at = 0; at < sealed.byteLength; at += BLOCK) {
    const block = sealed.subarray(at, at + BLOCK);
    xorInto(block, cipher.update(feedback));
    feedback = block;
  }
  cipher.final();
  return sealed;
}

/**
 * The reverse of `encryptAes128Cfb()`, in one pass: the cipher's inputs are the initial vector and
 * the ciphertext, which are all known beforehand.
 */
export function decryptAes128Cfb(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array): Uint8Array {
  const blocks = Math.ceil(sealed.byteLength / BLOCK);
  const feedback = new Uint8Array(blocks * BLOCK);
  if (blocks > 0) feedback.set(iv);
  feedback.set(sealed.subarray(0, Math.max(0, blocks - 1) * BLOCK), blocks > 0 ? BLOCK : 0);
  const plain = sealed.slice();
  const cipher = blockCipher(key);
  xorInto(plain, cipher.update(feedback));
  cipher.final();
  return plain;
}

/** To be finished with `final()`, or Deno keeps it for ever. */
function blockCipher(key: Uint8Array) {
  const cipher = createCipheriv("aes-128-ecb", key, null);
  cipher.setAutoPadding(false);
  return cipher;
}

/** `mask` must be at least as long as `bytes`. */
function xorInto(bytes: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = (bytes[i] ?? 0) ^ (mask[i] ?? 0);
}
