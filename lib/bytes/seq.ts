/**
 * Arithmetic on 32-bit sequence numbers that wrap around.
 *
 * A sequence number is kept as an unsigned 32-bit integer. Two of them are compared by their
 * signed difference, which is right as long as they are less than 2³¹ apart.
 *
 * @module
 */

/** `seq` moved forward by `count`, which may be negative. */
export function seqAdd(seq: number, count: number): number {
  return (seq + count) >>> 0;
}

/** How far `a` is ahead of `b`; negative when it is behind. */
export function seqDiff(a: number, b: number): number {
  return (a - b) | 0;
}

/** Whether `a` comes before `b`. */
export function seqLess(a: number, b: number): boolean {
  return seqDiff(a, b) < 0;
}

/** Whether `a` comes before `b` or is equal to it. */
export function seqLessOrEqual(a: number, b: number): boolean {
  return seqDiff(a, b) <= 0;
}
