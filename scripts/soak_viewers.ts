/**
 * What the memory of the program does while viewers of every manner come and go for half an hour:
 *
 *     deno task soak:viewers [--minutes 30] [--every 60] [--program open]
 *
 * Runs from the sources on both runtimes at once, each with a simulated camera and viewers of its
 * own, and prints a line for each runtime every so many seconds. `--program serve` takes the daemon
 * in place of `sightline open`. Needs ffmpeg, and Linux to tell the memory.
 *
 * Ends with 1 when memory still grows in the last quarter of the time, when a viewer was not served,
 * or when the camera was pulled more than once.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Program, startSim } from "../tests/support/program.ts";
import { Child } from "./bench/child.ts";
import { comeAndGo } from "./soak/comers.ts";

const TOP = fileURLToPath(new URL("../", import.meta.url));

/** How much larger memory may be in the last quarter of the time than in the one before. */
const MOST_GROWTH = 1.1;

/**
 * V8 lets the room for its garbage grow in steps of some 25 MB, half an hour apart at times. That is
 * no memory kept for viewers, so it is held small here.
 */
const RUNTIMES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Deno: [Deno.execPath(), "run", "-A", "--v8-flags=--max-semi-space-size=8"],
  Bun: [join(TOP, "scripts/tools/node_modules/bun/bin/bun.exe")],
};

/** How one runtime fares. */
class Run {
  readonly gone = new Map<string, number>();
  readonly failures: string[] = [];
  readonly residentBytes: number[] = [];
  readonly runtime: string;
  readonly #camera: Program;

  constructor(runtime: string, camera: Program) {
    this.runtime = runtime;
    this.#camera = camera;
  }

  /** Times the stream was asked for at the camera. */
  get pulls(): number {
    return this.#camera.err.filter((line) => line.includes("viewer started")).length;
  }

  get viewers(): number {
    return [...this.gone.values()].reduce((sum, count) => sum + count, 0);
  }
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    every: { type: "string", default: "60" },
    program: { type: "string", default: "open" },
  },
});
const minutes = Number(values.minutes);
const every = Number(values.every);
if (!(minutes > 0) || !(every > 0) || !["open", "serve"].includes(values.program)) {
  console.error("Cannot soak as --minutes and --every must be above 0, --program open or serve");
  Deno.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), "sightline-soak-"));
const ending = AbortSignal.timeout(60_000 * minutes);
console.log(
  line(["minutes", "runtime", "RSS MB", "own MB", "CPU s", "viewers", "failed", "pulls"]),
);
const runs = await Promise.all(Object.keys(RUNTIMES).map(soak));
await rm(folder, { recursive: true });
const verdicts = runs.map(judge);
Deno.exit(verdicts.every((passed) => passed) ? 0 : 1);

async function soak(runtime: string): Promise<Run> {
  const sim = await startSim();
  const run = new Run(runtime, sim.program);
  const { child, url } = await start(runtime, `dahua://${sim.serial}?server=${sim.server}`);
  await Promise.all([sample(run, child), receive(run, url)]);
  await child.stop();
  sim.program.stop();
  await sim.program.exit;
  return run;
}

async function start(runtime: string, address: string): Promise<{ child: Child; url: string }> {
  const [program, ...before] = RUNTIMES[runtime] ?? [""];
  const run = (...args: string[]) => new Child(program, [...before, "main.ts", ...args]);
  if (values.program === "open") {
    const child = run("open", address, "--listen", "127.0.0.1:0");
    return { child, url: await child.line(/^rtsp:/) };
  }
  const config = join(folder, `${runtime}.yaml`);
  const anywhere = { listen: "127.0.0.1:0" };
  const cameras = { soak: { address } };
  await writeFile(config, JSON.stringify({ api: anywhere, rtsp: anywhere, cameras }));
  const child = run("serve", "--json", "--config", config);
  const said = JSON.parse(await child.line(/"listening"/)) as { cameras: { rtsp: string[] }[] };
  return { child, url: said.cameras[0]?.rtsp[0] ?? "" };
}

async function receive(run: Run, url: string): Promise<void> {
  await comeAndGo(url, ending, (manner, failure) => {
    run.gone.set(manner, (run.gone.get(manner) ?? 0) + 1);
    if (failure !== undefined) run.failures.push(`${manner}: ${failure}`);
  });
}

async function sample(run: Run, child: Child): Promise<void> {
  const startedAt = performance.now();
  while (!ending.aborted) {
    const { residentBytes, ownBytes, cpuSeconds } = child.usage();
    run.residentBytes.push(residentBytes);
    console.log(line([
      ((performance.now() - startedAt) / 60_000).toFixed(1),
      run.runtime,
      (residentBytes / 1e6).toFixed(1),
      (ownBytes / 1e6).toFixed(1),
      cpuSeconds.toFixed(0),
      run.viewers,
      run.failures.length,
      run.pulls,
    ]));
    await new Promise((resolve) => setTimeout(resolve, 1_000 * every));
  }
}

/** The first half of the time is what a runtime takes to grow to its size. */
function judge({ runtime, residentBytes, failures, pulls, gone }: Run): boolean {
  const settled = residentBytes.slice(residentBytes.length >> 1);
  const middle = settled.length >> 1;
  const growth = mean(settled.slice(middle)) / mean(settled.slice(0, middle));
  const passed = growth <= MOST_GROWTH && failures.length === 0 && pulls === 1;
  console.log(`\n${runtime}: ${passed ? "passed" : "FAILED"}, memory × ${growth.toFixed(3)}`);
  for (const [manner, count] of gone) console.log(`  ${String(count).padStart(6)} ${manner}`);
  for (const failure of failures.slice(0, 10)) console.log(`  ${failure}`);
  return passed;
}

function line(cells: readonly unknown[]): string {
  return cells.map((cell) => String(cell).padStart(9)).join("");
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
