import type { ByteStream } from "./types.ts";

/** Bytes moved by `pipe()`, by the direction seen from its first stream. */
export interface PipeCounts {
  /** From the first stream to the second. */
  forth: number;
  /** From the second stream to the first. */
  back: number;
}

/**
 * Joins two streams until both directions have ended or one of them broke.
 *
 * A direction that ends is passed on as the end of that direction only, so that an answer still on
 * its way is not cut off; when one stream breaks, both are dropped. Resolves with what was moved: a
 * broken stream is how connections end every day, so it is no error here.
 */
export async function pipe(
  a: ByteStream,
  b: ByteStream,
  counts: PipeCounts = { forth: 0, back: 0 },
): Promise<PipeCounts> {
  const abort = () => {
    a.abort();
    b.abort();
  };
  await Promise.all([
    copy(a, b, (length) => counts.forth += length).catch(abort),
    copy(b, a, (length) => counts.back += length).catch(abort),
  ]);
  return counts;
}

async function copy(
  from: ByteStream,
  to: ByteStream,
  count: (length: number) => void,
): Promise<void> {
  for (let bytes = await from.read(); bytes !== undefined; bytes = await from.read()) {
    count(bytes.byteLength);
    await to.write(bytes);
  }
  await to.end();
}
