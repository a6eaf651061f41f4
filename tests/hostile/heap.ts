import process from "node:process";

/**
 * Bytes in use on the heap once garbage is collected, or `undefined` where the collector cannot be
 * called: Deno needs `--v8-flags=--expose-gc`, Bun nothing.
 */
export function heapAfterCollection(): number | undefined {
  const collect = collector();
  if (collect === undefined) return undefined;
  collect();
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

function collector(): (() => void) | undefined {
  const world = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  const { Bun: bun } = world;
  return bun === undefined ? world.gc : () => bun.gc(true);
}
