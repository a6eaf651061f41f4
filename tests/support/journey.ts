/**
 * What a user does with the program from the first minute to the last, with the program as whatever
 * it is made into: sources, a binary, a binary for another machine.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LinkError } from "../../lib/hub/link/link_error.ts";
import { missing, run } from "../interop/players.ts";
import { Child } from "../netns/child.ts";
import { leave, view } from "./rtsp_viewer.ts";

/** What `serve --json` and `demo --json` say once they listen. */
interface Listening {
  readonly rtsp: string;
  readonly api: string;
  readonly cameras: readonly { readonly name: string; readonly rtsp: readonly string[] }[];
}

const PATIENCE = 60_000;

/** The demonstration: pictures of both vendors' cameras through their tunnels, and a clean end. */
export async function demoJourney(program: readonly string[]): Promise<void> {
  await withChild([...program, "demo", "--json", ...anywhere("listen", "api")], async (demo) => {
    const { cameras } = await listening(demo);
    const url = (name: string) => cameras.find((camera) => camera.name === name)?.rtsp[0] ?? "";
    await watch(url("reolink"));
    await watch(url("demo"));
    await probe(url("demo"));
  });
}

/** The daemon, by its configuration, its commands and its streams; and a clean end. */
export async function daemonJourney(
  program: readonly string[],
  options: readonly string[] = [],
): Promise<void> {
  await withChild([...program, "sim", "--json"], async (sim) => {
    const { dahua } = JSON.parse(await sim.line(/^\{"dahua"/)) as {
      readonly dahua: { readonly server: string; readonly cameras: { readonly serial: string }[] };
    };
    const address = `dahua://${dahua.cameras[0]?.serial}?server=${dahua.server}&way=relay`;
    const folder = await mkdtemp(join(tmpdir(), "sightline-journey-"));
    try {
      // The program may run as somebody else.
      await chmod(folder, 0o755);
      const config = join(folder, "sightline.yaml");
      await writeFile(config, configFor(address));
      const serve = [...program, "serve", "--json", "--config", config, ...options];
      await withChild(serve, async (daemon) => {
        const { api, rtsp } = await listening(daemon);
        const call = (...args: readonly string[]) => command(program, [...args, "--url", api]);
        await call("start", "front", "--wait", "frame");
        await watch(`${rtsp}/front`);
        assert.match(await call("status", "front", "--json"), /"state":"open"/);
        await call("stop", "front");
        assert.match(await call("status", "front", "--json"), /"state":"idle"/);
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

/** Runs a program while `body` does, then has it end as a service manager would: all must be well. */
async function withChild(
  words: readonly string[],
  body: (child: Child) => Promise<void>,
): Promise<void> {
  const child = new Child(words);
  try {
    await body(child);
    child.kill("SIGTERM");
    assert.equal(await child.exit, 0, child.errors);
  } finally {
    await child.end();
  }
}

async function listening(child: Child): Promise<Listening> {
  return JSON.parse(await child.line(/"event":"listening"/)) as Listening;
}

/** Runs a command of the program that must succeed: its results. */
async function command(program: readonly string[], args: readonly string[]): Promise<string> {
  const [name = "", ...before] = program;
  const { code, stdout, stderr } = await run(name, [...before, ...args], { limit: PATIENCE });
  assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** A viewer of ours gets pictures, and asks again as players do: under emulation all is slow. */
async function watch(url: string): Promise<void> {
  const started = performance.now();
  for (;;) {
    try {
      const viewer = await view(url);
      await viewer.got(30);
      return await leave(viewer);
    } catch (error) {
      if (!(error instanceof LinkError) || performance.now() - started > PATIENCE) throw error;
    }
  }
}

/** So does ffprobe, where it is installed. */
async function probe(url: string): Promise<void> {
  if (missing("ffprobe", "-version")) return;
  const asked = ["-rtsp_transport", "tcp", "-show_entries", "stream=codec_name", "-of", "csv", url];
  const { stdout, stderr } = await run("ffprobe", ["-v", "error", ...asked], { limit: PATIENCE });
  assert.match(stdout, /^stream,h264$/m, stderr);
}

function anywhere(...options: readonly string[]): string[] {
  return options.flatMap((option) => [`--${option}`, "127.0.0.1:0"]);
}

function configFor(address: string): string {
  const listen = "127.0.0.1:0";
  return JSON.stringify({ api: { listen }, rtsp: { listen }, cameras: { front: { address } } });
}
