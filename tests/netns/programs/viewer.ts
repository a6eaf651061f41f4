/**
 * Reads what a port of this host sends until it ends or breaks, and says what came of it: "reading"
 * with the first bytes, then a `Download` as JSON.
 *
 *     viewer.ts PORT
 */

import { createHash } from "node:crypto";
import process from "node:process";
import { systemWorld } from "../../../lib/io/world.ts";

/** What a viewer got. */
export interface Download {
  /** Whether the sender ended it. */
  readonly complete: boolean;
  readonly bytes: number;
  readonly sha256: string;
  /** The longest time without any bytes, in milliseconds. */
  readonly longestGap: number;
}

console.log(JSON.stringify(await download(Number(process.argv[2]))));

async function download(port: number): Promise<Download> {
  const { clock, dialTcp } = systemWorld;
  const hash = createHash("sha256");
  let bytes = 0;
  let longestGap = 0;
  let complete = false;
  const stream = await dialTcp({ address: "127.0.0.1", port }, AbortSignal.timeout(5_000));
  try {
    let last: number | undefined;
    for (let piece = await stream.read(); piece !== undefined; piece = await stream.read()) {
      const now = clock.now();
      if (last === undefined) console.log("reading");
      else longestGap = Math.max(longestGap, now - last);
      last = now;
      bytes += piece.byteLength;
      hash.update(piece);
    }
    await stream.end();
    complete = true;
  } catch {
    stream.abort();
  }
  return { complete, bytes, sha256: hash.digest("hex"), longestGap };
}
