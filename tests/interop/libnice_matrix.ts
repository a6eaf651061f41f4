/**
 * All transfers between our PTCP engine and libnice, as a table on stdout:
 *
 *     deno task interop:full [--seeds 3] [--parallel 24]
 *     bun tests/interop/libnice_matrix.ts
 *
 * 20 MB from the device and 5 MB to it at every loss and delay; for the first seed also with both
 * counters about to wrap. Lossy cells with a long delay take many minutes, so cells run side by side.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { type Cell, type CellResult, runCell } from "./libnice_cell.ts";
import { compileDevice } from "./libnice_device.ts";

const LOSSES = [0, 0.01, 0.03, 0.05];
const DELAYS = [0, 40, 100];
const BYTES = { download: 20_000_000, upload: 5_000_000 };
const LIMIT_MS = 2 * 3_600_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "3" },
    parallel: { type: "string", default: "24" },
  },
});

function allCells(seeds: number): Cell[] {
  const cells: Cell[] = [];
  for (const direction of ["download", "upload"] as const) {
    for (const loss of LOSSES) {
      for (const delay of DELAYS) {
        const cell = { direction, bytes: BYTES[direction], loss, delay };
        for (let seed = 1; seed <= seeds; seed++) cells.push({ ...cell, seed });
        cells.push({ ...cell, seed: 1, wrap: true });
      }
    }
  }
  return cells;
}

async function runAll(program: string, cells: readonly Cell[], parallel: number) {
  const results = new Map<Cell, CellResult>();
  // Those that take longest first.
  const waiting = cells.toSorted((a, b) => b.loss * b.delay - a.loss * a.delay);
  async function work(): Promise<void> {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      const result = await runCell(program, cell, LIMIT_MS);
      results.set(cell, result);
      console.error(`${results.size}/${cells.length} ${rowOf(cell, result)}`);
    }
  }
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}

function rowOf(cell: Cell, { ok, seconds, detail }: CellResult): string {
  const { direction, loss, delay, seed, wrap, bytes } = cell;
  const rate = `${(bytes / seconds / 1000).toFixed(0)} kB/s`;
  const columns = [
    direction,
    `${(bytes / 1e6).toFixed(0)} MB`,
    `${loss * 100} %`,
    `${delay} ms`,
    seed,
    wrap ? "below 2³²" : "0",
    seconds.toFixed(1),
    rate,
    ok ? "yes" : "NO",
    detail,
  ];
  return `| ${columns.join(" | ")} |`;
}

const program = await compileDevice();
if (typeof program === "string") {
  console.error(`Cannot run the matrix as it ${program}`);
  process.exit(2);
}
try {
  const cells = allCells(Number(values.seeds));
  const results = await runAll(program.path, cells, Number(values.parallel));
  console.log(
    "| direction | size | loss each way | delay one way | seed | counters from | seconds | rate | equal | |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  for (const [cell, result] of cells.map((cell) => [cell, results.get(cell)] as const)) {
    if (result !== undefined) console.log(rowOf(cell, result));
  }
  const failed = [...results.values()].filter(({ ok }) => !ok).length;
  console.log(`\n${results.size - failed} of ${cells.length} transfers arrived unchanged`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await program.remove();
}
