import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Cell, type CellResult, runCell } from "./libnice_cell.ts";
import { compileDevice } from "./libnice_device.ts";

/** The full matrix is `deno task interop:full`. */
const CELLS: readonly Cell[] = [
  { direction: "download", bytes: 4_000_000, loss: 0, delay: 0, seed: 1 },
  { direction: "upload", bytes: 2_000_000, loss: 0, delay: 0, seed: 1, mss: 1384 },
  { direction: "download", bytes: 1_000_000, loss: 0.01, delay: 0, seed: 2, mss: 1164 },
  { direction: "download", bytes: 400_000, loss: 0.03, delay: 40, seed: 3 },
  { direction: "upload", bytes: 300_000, loss: 0.03, delay: 40, seed: 4, mss: 1292 },
  { direction: "download", bytes: 150_000, loss: 0.05, delay: 100, seed: 5 },
  { direction: "upload", bytes: 150_000, loss: 0.05, delay: 100, seed: 6 },
  { direction: "download", bytes: 400_000, loss: 0.01, delay: 40, seed: 7, wrap: true },
  { direction: "upload", bytes: 300_000, loss: 0.01, delay: 40, seed: 8, wrap: true },
];

const LIMIT_MS = 55_000;

const device = await compileDevice();
const skip = typeof device === "string" ? device : false;

/** All cells at once, as most of their time is waiting. */
let running: Map<Cell, Promise<CellResult>> | undefined;

function startAll(program: string): Map<Cell, Promise<CellResult>> {
  return new Map(CELLS.map((cell) => [cell, runCell(program, cell, LIMIT_MS)]));
}

for (const cell of CELLS) {
  test(nameOf(cell), { skip, timeout: LIMIT_MS + 5_000 }, async () => {
    if (typeof device === "string") return;
    running ??= startAll(device.path);
    const result = await running.get(cell);
    assert.ok(result?.ok, result?.detail ?? "no result");
  });
}

after(async () => {
  if (typeof device === "string") return;
  if (running !== undefined) await Promise.all(running.values());
  await device.remove();
});

function nameOf({ direction, bytes, loss, delay, mss, wrap }: Cell): string {
  const what = `PtcpSession and libnice: ${direction} of ${bytes / 1000} kB`;
  const where = `at ${loss * 100} % loss and ${delay} ms each way`;
  const extras = [wrap ? "counters about to wrap" : "", mss ? `MSS ${mss}` : "", skip || ""];
  return [what, where, ...extras.filter((extra) => extra !== "")].join(", ");
}
