/** How user names and passwords are hashed for a login. @module */

import { createHash } from "node:crypto";

/** Hex digits of an MD5 that are sent: fields of 32 bytes ended in NUL once. */
const SENT_DIGITS = 31;

const AES_KEY_LENGTH = 16;

/**
 * What stands for a user name or password in the second request of a login: MD5 of it and the
 * camera's nonce, in upper-case hex, without the last digit. [capture]
 */
export function loginHash(secret: string, nonce: string): string {
  return upperMd5(secret + nonce).slice(0, SENT_DIGITS);
}

/**
 * The key of a session: the first half of an MD5 in upper-case hex, its digits taken as bytes.
 * [observed]
 */
export function sessionKey(nonce: string, password: string): Uint8Array {
  const digits = upperMd5(`${nonce}-${password}`).slice(0, AES_KEY_LENGTH);
  return new TextEncoder().encode(digits);
}

/**
 * Whether `hash` is the login hash of `secret`, in a time that does not tell how much of it is
 * right.
 */
export function isLoginHash(hash: string, secret: string, nonce: string): boolean {
  const expected = loginHash(secret, nonce);
  let difference = hash.length ^ expected.length;
  for (let i = 0; i < expected.length; i++) {
    difference |= hash.charCodeAt(i) ^ expected.charCodeAt(i);
  }
  return difference === 0;
}

function upperMd5(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex").toUpperCase();
}
