/** Captures of the program's own traffic with simulated cameras. @module */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemWorld } from "../../lib/io/world.ts";
import type { World } from "../../lib/io/types.ts";
import { type Tap, withTap } from "../../lib/recorder/tap.ts";
import { type TcpTap, withTcpTap } from "../../lib/recorder/tcp_tap.ts";
import { startProgram } from "./program.ts";

/** A folder that is gone afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export interface CaptureRun {
  /** Settings of the one camera, of either vendor. */
  readonly dahua?: Readonly<Record<string, unknown>>;
  readonly reolink?: Readonly<Record<string, unknown>>;
  /** Added to the address, e.g. `&way=relay`. */
  readonly query?: string;
  readonly args?: readonly string[];
  /** Hears what is sent and received as it is. */
  readonly tap?: Tap;
  /** Of Reolink: by its address on the LAN, over TCP. */
  readonly isByAddress?: boolean;
  /** Hears of that connection. */
  readonly tcpTap?: TcpTap;
  /** Runs once the camera can be reached, at `lan` if it is one of Reolink. */
  readonly onReady?: (lan: string | undefined) => Promise<void>;
  /** How long the picture is watched. */
  readonly duration?: string;
}

/** The account of every camera in here; long enough to be searched for. */
export const USER = "operator7";
export const PASSWORD = "c0rrect-h0rse&st4ple";

/** Opens a simulated camera with `--capture` and returns the file's bytes. */
export async function captureRun(folder: string, options: CaptureRun): Promise<Uint8Array> {
  const account = { user: USER, password: PASSWORD };
  const scenario = join(folder, "scenario.yaml");
  const cameras = (settings: Readonly<Record<string, unknown>> | undefined, id: object) => {
    return settings === undefined ? {} : { cameras: [{ ...id, ...account, ...settings }] };
  };
  await writeFile(
    scenario,
    JSON.stringify({
      dahua: cameras(options.dahua, { serial: "SIMULATED000001" }),
      reolink: cameras(options.reolink, { uid: "95270000SIMULATE" }),
    }),
  );
  const sim = startProgram(["sim", "--scenario", scenario, "--json"]);
  const { dahua, reolink } = JSON.parse(await sim.line(/^\{"dahua"/)) as {
    readonly dahua: { readonly server: string };
    readonly reolink: {
      readonly servers: readonly string[];
      readonly cameras: readonly { readonly lan?: string }[];
    };
  };
  const lan = options.reolink === undefined ? undefined : reolink.cameras[0]?.lan;
  await options.onReady?.(lan);
  const login = `${USER}:${encodeURIComponent(PASSWORD)}`;
  const address = options.reolink === undefined
    ? `dahua://${login}@SIMULATED000001?server=${dahua.server}`
    : options.isByAddress
    ? `reolink://${login}@${lan}`
    : `reolink://${login}@95270000SIMULATE?server=${reolink.servers.join()}`;
  const file = join(folder, "run.pcapng");
  const program = startProgram([
    "open",
    address + (options.query ?? ""),
    ...["--listen", "127.0.0.1:0", "--for", options.duration ?? "2500ms", "--capture", file],
    ...options.args ?? [],
  ], { world: tapped(options) });
  try {
    const code = await program.exit;
    if (code !== 0) throw new Error(`open ended with ${code}: ${program.err.slice(-3).join()}`);
    return await readFile(file);
  } finally {
    sim.stop();
    await sim.exit;
  }
}

function tapped({ tap, tcpTap }: CaptureRun): World {
  const world = tap === undefined ? systemWorld : withTap(systemWorld, tap);
  return tcpTap === undefined ? world : withTcpTap(world, tcpTap);
}

/** What `sightline dissect --json` says to a file. */
export async function dissectFile(file: string): Promise<DissectedLine[]> {
  const program = startProgram(["dissect", file, "--json"]);
  await program.exit;
  return program.out.map((line) => JSON.parse(line) as DissectedLine);
}

export interface DissectedLine {
  readonly frame: number;
  readonly protocol?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly notes?: readonly string[];
  readonly errors: readonly { readonly rule: string }[];
}
