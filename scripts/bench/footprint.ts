/**
 * What the program takes of a small machine: its size, the time until it listens, and memory and CPU
 * at rest, with one camera watched, and with four cameras and ten viewers at 8 Mbit/s each.
 *
 *     deno task bench footprint                    sources and binaries of this commit, and peers
 *     deno task bench footprint --work-tree        the files as they lie there
 *     deno task bench footprint --only compiled    those with that in their name
 *
 * Each program runs in a process of its own; cameras and viewers are in this one. go2rtc and mediamtx
 * are measured beside ours where SIGHTLINE_BENCH_GO2RTC and SIGHTLINE_BENCH_MEDIAMTX or the PATH name
 * them; they pull the cameras over plain TCP, where ours goes through a tunnel to each. Linux only.
 */
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import { startRtspServer } from "../../lib/rtsp/server/server.ts";
import { ClipSource } from "../../lib/sim/clip/clip_source.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { startSimulation } from "../../lib/sim/simulation.ts";
import { BUN_FLAGS, bunCompile } from "../build/bun_compile.ts";
import { checkOut } from "../build/checkout.ts";
import { licencesText } from "../build/licences.ts";
import { stamp } from "../build/stamp.ts";
import { hostTarget } from "../build/targets.ts";
import { Child, type Usage } from "./child.ts";
import { heavyClip } from "./heavy_clip.ts";
import { findPeer, freePort, PEERS } from "./peers.ts";
import { type Viewer, watch } from "./viewers.ts";

const TOP = fileURLToPath(new URL("../../", import.meta.url));
const TOOLS = join(TOP, "scripts", "tools");
const LOOPBACK = { address: "127.0.0.1", port: 0 };
const BIT_RATE = 8e6;
const CAMERAS = [1, 2, 3, 4].map((number) => `BENCH0000000000${number}`);
const VIEWERS = 10;
const STARTS = 11;
const WARM_UP_SECONDS = 3;
const SECONDS = 10;
const SAMPLES_PER_SECOND = 4;
const ATTEMPTS = 5;

interface Contender {
  readonly name: string;
  /** What is copied to the machine. */
  readonly files: readonly string[];
  start(): Promise<{ readonly child: Child; readonly urls: readonly string[] }>;
}

/** One row of the table. */
interface Footprint {
  readonly megabytes: number;
  /** Milliseconds; the median of some. */
  readonly start: number;
  readonly idle: Load;
  readonly one: Load;
  readonly four: Load;
}

interface Load {
  readonly resident: number;
  /** What is its own, and cannot be read from the program's file again. */
  readonly own: number;
  /** Of one processor, in per cent. */
  readonly cpu: number;
}

export async function footprint(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "work-tree": { type: "boolean", default: false },
      only: { type: "string", default: "" },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "sightline-footprint-"));
  const stop = new AbortController();
  const clip = new ClipSource(systemWorld.clock, heavyClip(BIT_RATE));
  const camera = await startRtspServer(systemWorld, {
    listen: LOOPBACK,
    find: () => Promise.resolve(clip),
    log: silentLog,
  });
  try {
    const scenario = parseScenario({
      dahua: {
        cameras: CAMERAS.map((serial) => ({
          serial,
          ports: { "554": `127.0.0.1:${camera.endpoint.port}` },
        })),
      },
    });
    const { description } = await startSimulation(systemWorld, scenario, {
      log: silentLog,
      signal: stop.signal,
    });
    const config = join(folder, "sightline.yaml");
    await writeFile(config, configFor(description.dahua.server));
    const sources = CAMERAS.map(() =>
      `rtsp://127.0.0.1:${camera.endpoint.port}/cam/realmonitor?channel=1&subtype=0`
    );
    console.log(line(HEADINGS));
    const contenders = [...await ours(folder, config, values["work-tree"]), ...peers(sources)];
    for (const contender of contenders.filter(({ name }) => name.includes(values.only))) {
      console.log(row(contender.name, await measure(contender)));
    }
  } finally {
    stop.abort();
    await camera.close();
    clip.close();
    await rm(folder, { recursive: true });
  }
}

function configFor(server: string): string {
  const cameras = CAMERAS.map((serial) => [serial.toLowerCase(), {
    address: `dahua://${serial}?server=${server}`,
    idle: "3s",
  }]);
  return JSON.stringify({
    api: { listen: "127.0.0.1:0" },
    rtsp: { listen: "127.0.0.1:0" },
    cameras: Object.fromEntries(cameras),
  });
}

/** The sources on both runtimes, and the binary as it is built and without what it owes to flags. */
async function ours(folder: string, config: string, workTree: boolean): Promise<Contender[]> {
  const checkout = await checkOut({ top: TOP, workTree });
  const target = hostTarget(process);
  if (target === undefined) throw new Error("Cannot bench here as there must be a target for it");
  const built: Contender[] = [];
  const variants = {
    "compiled, minified only": BUN_FLAGS.filter((flag) => !/bytecode|format|sourcemap/.test(flag)),
    "compiled": BUN_FLAGS,
  };
  try {
    // A binary knows that it is one.
    const { folder: top, commit, date } = checkout;
    const licences = await licencesText(top, ["bun"]);
    await stamp(top, { commit, date, tool: "bun", target: target.name }, licences);
    for (const [name, flags] of Object.entries(variants)) {
      const outfile = join(folder, name.replaceAll(/\W+/g, "-"), "sightline");
      await mkdir(join(outfile, ".."));
      await bunCompile({ checkout: top, tools: TOOLS, target, outfile, flags });
      built.push(contender(name, [outfile], [], [outfile], config));
    }
  } finally {
    await checkout.remove();
  }
  const [as] = built.slice(-1);
  if (as === undefined) throw new Error("A binary was built just now");
  const low = contender("compiled, --low-memory", as.files, ["--low-memory"], as.files, config);
  const bun = join(TOOLS, "node_modules/bun/bin/bun.exe");
  return [
    contender("source on Deno", [process.execPath, "run", "-A", "--no-check", "main.ts"], [], [
      process.execPath,
    ], config),
    contender("source on Bun", [bun, "main.ts"], [], [bun], config),
    ...built,
    low,
  ];
}

function contender(
  name: string,
  [program = "", ...before]: readonly string[],
  after: readonly string[],
  files: readonly string[],
  config: string,
): Contender {
  return {
    name,
    files,
    async start() {
      const args = [...before, "serve", "--json", "--config", config, ...after];
      const child = new Child(program, args);
      const said = JSON.parse(await child.line(/"listening"/)) as {
        cameras: { rtsp: string[] }[];
      };
      return { child, urls: said.cameras.map(({ rtsp: [url = ""] }) => url) };
    },
  };
}

function peers(sources: readonly string[]): Contender[] {
  return PEERS.flatMap((peer) => {
    const program = findPeer(peer);
    if (program === undefined) {
      console.error(`${peer.name} is not on the PATH nor named by ${peer.variable}: left out`);
      return [];
    }
    return [{
      name: `${peer.name}, no tunnel`,
      files: [program],
      async start() {
        const port = await freePort();
        const started = peer.start(program, sources, port);
        await listening(port);
        return started;
      },
    }];
  });
}

/** They do not say when they listen. */
async function listening(port: number): Promise<void> {
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    try {
      const stream = await systemWorld.dialTcp({ address: "127.0.0.1", port }, deadline);
      return stream.abort();
    } catch (error) {
      if (deadline.aborted) throw error;
      await sleep(2);
    }
  }
}

async function measure(contender: Contender): Promise<Footprint> {
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const before = performance.now();
    const { child } = await contender.start();
    starts.push(performance.now() - before);
    await child.stop();
  }
  const sizes = await Promise.all(contender.files.map((file) => stat(file)));
  const { child, urls } = await contender.start();
  const idle = await load(child);
  const one = await watching(child, urls.slice(0, 1));
  const four = await watching(
    child,
    Array.from({ length: VIEWERS }, (_, i) => urls[i % urls.length] ?? ""),
  );
  await child.stop();
  return {
    megabytes: sizes.reduce((sum, { size }) => sum + size, 0) / 1e6,
    start: starts.sort((a, b) => a - b)[STARTS >> 1] ?? NaN,
    idle,
    one,
    four,
  };
}

/** With a viewer on each of these. Throws when they do not get what the cameras send. */
async function watching(child: Child, urls: readonly string[]): Promise<Load> {
  const viewers: Viewer[] = [];
  for (const url of urls) viewers.push(await watch(url));
  await Promise.all(viewers.map(({ started }) => started));
  await sleep(WARM_UP_SECONDS * 1_000);
  try {
    // Others may have had the processors meanwhile, which cameras and viewers need, too.
    for (let attempt = 1;; attempt++) {
      const before = viewers.map(({ bytes }) => bytes);
      const measured = await load(child);
      const rates = viewers.map(({ bytes }, i) => (bytes - (before[i] ?? 0)) * 8 / SECONDS);
      const worst = Math.min(...rates);
      if (worst > 0.9 * BIT_RATE) return measured;
      if (attempt === ATTEMPTS) {
        const found = Math.round(worst);
        throw new Error(`Cannot bench as each viewer must get ${BIT_RATE} bit/s: ${found}`);
      }
    }
  } finally {
    await Promise.all(viewers.map((viewer) => viewer.close()));
  }
}

/** Memory is the most there was: between two collections of garbage it grows. */
async function load(child: Child): Promise<Load> {
  const before = child.usage();
  const samples: Usage[] = [];
  for (let i = 0; i < SECONDS * SAMPLES_PER_SECOND; i++) {
    await sleep(1_000 / SAMPLES_PER_SECOND);
    samples.push(child.usage());
  }
  const after = samples.at(-1) ?? before;
  return {
    resident: Math.max(...samples.map(({ residentBytes }) => residentBytes)) / 1e6,
    own: Math.max(...samples.map(({ ownBytes }) => ownBytes)) / 1e6,
    // What threads used that have ended is not in it any more.
    cpu: Math.max(0, 100 * (after.cpuSeconds - before.cpuSeconds) / SECONDS),
  };
}

const HEADINGS = [
  "most RSS, and what is its own, in MB; CPU in %",
  "MB",
  "start ms",
  "idle",
  "1 camera, 1 viewer",
  "4 cameras, 10 viewers",
];

function row(name: string, { megabytes, start, idle, one, four }: Footprint): string {
  const cells = [idle, one, four].map(({ resident, own, cpu }) =>
    `${resident.toFixed(0)} (${own.toFixed(0)})  ${cpu.toFixed(1)} %`
  );
  return line([name, megabytes.toFixed(0), start.toFixed(0), ...cells]);
}

function line(cells: readonly string[]): string {
  const widths = [46, 5, 9, 20, 20, 22];
  return cells.map((cell, i) =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
  )
    .join(" ");
}

function sleep(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}
