import type { Entropy } from "../../machine.ts";

/**
 * A transaction number for what a server or camera sends unasked. Never below 256, where one public
 * client has its own, nor so large that its cipher overflows [observed].
 */
export function ownTid(entropy: Entropy): number {
  const [high = 0, low = 0] = entropy(2);
  return 256 + high * 256 + low;
}

/** An unsigned random number of 31 bits, never 0: good as `sid`, `token` or `ac`. */
export function randomId(entropy: Entropy): number {
  const [a = 0, b = 0, c = 0, d = 0] = entropy(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) & 0x7fff_ffff) || 1;
}
