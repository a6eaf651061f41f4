import type { Entropy } from "../machine.ts";

/** `getRandomValues()` refuses to fill more at a time. */
const MAX_BYTES_AT_A_TIME = 65_536;

/** Random bytes fit for keys and nonces. */
export const systemEntropy: Entropy = (length) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += MAX_BYTES_AT_A_TIME) {
    crypto.getRandomValues(bytes.subarray(at, at + MAX_BYTES_AT_A_TIME));
  }
  return bytes;
};
