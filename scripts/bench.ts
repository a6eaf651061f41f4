/**
 * Runs every `scripts/bench/*_bench.ts` on both runtimes and prints one table:
 *
 *     deno task bench              all
 *     deno task bench loopback     by name
 *     deno task bench footprint    what it takes of a small machine, see scripts/bench/footprint.ts
 *
 * Figures of different machines do not compare; the last columns relate each row to the raw UDP of
 * the same run.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./bench/bench.ts";
import { footprint } from "./bench/footprint.ts";

const TOP = fileURLToPath(new URL("../", import.meta.url));
const BASELINE = "raw UDP";

const RUNTIMES = {
  Deno: [Deno.execPath(), "run", "-A"],
  Bun: [join(TOP, "scripts/tools/node_modules/bun/bin/bun.exe")],
} as const;

const COLUMNS = [
  ["what", 34],
  ["runtime", 8],
  ["MB", 7],
  ["s", 8],
  ["MB/s", 9],
  ["CPU s/GB", 9],
  ["rate : UDP", 11],
  ["CPU : UDP", 10],
] as const;

function benchNames(): string[] {
  return [...Deno.readDirSync(join(TOP, "scripts/bench"))]
    .map(({ name }) => /^(\w+)_bench\.ts$/.exec(name)?.[1])
    .filter((name) => name !== undefined)
    // The baseline comes first.
    .sort((a, b) => Number(b === "loopback") - Number(a === "loopback") || a.localeCompare(b));
}

async function run(runtime: keyof typeof RUNTIMES, bench: string): Promise<Measurement[]> {
  const [program, ...args] = [...RUNTIMES[runtime], "scripts/bench/run_one.ts", bench];
  const { success, stdout } = await new Deno.Command(program, {
    args,
    cwd: TOP,
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot bench as ${bench} must succeed on ${runtime}`);
  const lines = new TextDecoder().decode(stdout).split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line): Measurement => JSON.parse(line));
}

function row(runtime: string, measurement: Measurement, baseline: Measurement): string {
  const { name, bytes, seconds, note } = measurement;
  const cells = [
    name,
    runtime,
    (bytes / 1e6).toFixed(0),
    seconds.toFixed(2),
    rate(measurement).toFixed(2),
    cpuPerGb(measurement).toFixed(2),
    (rate(measurement) / rate(baseline)).toFixed(3),
    (cpuPerGb(measurement) / cpuPerGb(baseline)).toFixed(2),
  ];
  return `${line(cells)}${note === undefined ? "" : `  ${note}`}`;
}

/** MB/s. */
function rate({ bytes, seconds }: Measurement): number {
  return bytes / 1e6 / seconds;
}

function cpuPerGb({ bytes, cpuSeconds }: Measurement): number {
  return cpuSeconds / (bytes / 1e9);
}

function line(cells: readonly string[]): string {
  return COLUMNS.map(([, width], index) => {
    const cell = cells[index] ?? "";
    return index < 2 ? cell.padEnd(width) : cell.padStart(width);
  }).join(" ");
}

if (Deno.args[0] === "footprint") {
  await footprint(Deno.args.slice(1));
  Deno.exit(0);
}
const wanted = Deno.args.length > 0 ? Deno.args : benchNames();
console.log(line(COLUMNS.map(([title]) => title)));
for (const runtime of ["Deno", "Bun"] as const) {
  let baseline: Measurement | undefined;
  for (const bench of new Set(["loopback", ...wanted])) {
    for (const measurement of await run(runtime, bench)) {
      if (measurement.name === BASELINE) baseline = measurement;
      console.log(row(runtime, measurement, baseline ?? measurement));
    }
  }
}
