import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DialError, ResolveError } from "../../lib/io/errors.ts";
import type { World } from "../../lib/io/types.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { type Program, startProgram, startSim } from "./program.ts";

export const DAEMON_TOKEN = "t0ken/of+cron=";

/** The program's daemon with cameras of the simulator's, and how to talk to it. */
export interface RunningDaemon {
  readonly program: Program;
  readonly sim: Program;
  /** `http://127.0.0.1:PORT` of its API. */
  readonly api: string;
  /** `HOST:PORT` of the simulated cloud. */
  readonly server: string;
  /** Its configuration file. */
  readonly file: string;
  /** Asks the API, with the token. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Runs a command of the program's against it, to its end. */
  command(...args: readonly string[]): Promise<CommandEnd>;
}

export interface CommandEnd {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export interface DaemonOptions {
  /** As in a scenario file. */
  readonly scenario: unknown;
  /** The section of that name, from the address of the simulated cloud. */
  readonly cameras: (server: string) => unknown;
  readonly world?: World;
}

/** Whatever a test makes the program do, it reaches nothing but this machine. */
export function loopbackWorld(world: World = systemWorld): World {
  const isHere = (address: string) => address.startsWith("127.");
  return {
    ...world,
    resolve: (host, signal) =>
      isHere(host)
        ? world.resolve(host, signal)
        : Promise.reject(new ResolveError("not-found", `Cannot resolve ${host} in a test`)),
    resolveAll: (host, signal) =>
      isHere(host)
        ? world.resolveAll(host, signal)
        : Promise.reject(new ResolveError("not-found", `Cannot resolve ${host} in a test`)),
    dialTcp: (to, signal) =>
      isHere(to.address)
        ? world.dialTcp(to, signal)
        : Promise.reject(new DialError("unreachable", `Cannot connect to ${to.address} in a test`)),
    async openUdp(at) {
      const socket = await world.openUdp(at);
      const send = socket.send.bind(socket);
      socket.send = (to, bytes) => {
        if (isHere(to.address)) send(to, bytes);
      };
      return socket;
    },
  };
}

/** Runs simulator and daemon for as long as `body` does. */
export async function withDaemon(
  { scenario, cameras, world = systemWorld }: DaemonOptions,
  body: (daemon: RunningDaemon) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-daemon-"));
  const options = { world: loopbackWorld(world), env: { SIGHTLINE_TOKEN: DAEMON_TOKEN } };
  const scenarioFile = join(folder, "scenario.json");
  await writeFile(scenarioFile, JSON.stringify(scenario));
  const sim = await startSim({ ...options, scenario: scenarioFile });
  try {
    const file = join(folder, "sightline.yaml");
    // JSON is YAML, too.
    await writeFile(file, JSON.stringify(configOf(cameras(sim.server))));
    const args = ["serve", "--config", file, "--json", "--log-level", "trace"];
    const program = startProgram(args, options);
    try {
      const listening = await program.line(/"event":"listening"/);
      const api = (JSON.parse(listening) as { api: string }).api.replace(/\/$/, "");
      await body({
        program,
        sim: sim.program,
        api,
        server: sim.server,
        file,
        request: (path, init = {}) => {
          const headers = new Headers(init.headers);
          if (!headers.has("authorization")) headers.set("authorization", `Bearer ${DAEMON_TOKEN}`);
          return fetch(api + path, { ...init, headers });
        },
        async command(...args) {
          const { env, world } = options;
          const run = startProgram(args, { world, env: { ...env, SIGHTLINE_URL: api } });
          const code = await run.exit;
          return { code, out: run.out, err: run.err };
        },
      });
    } finally {
      program.stop();
      await program.exit;
    }
  } finally {
    sim.program.stop();
    await sim.program.exit;
    await rm(folder, { recursive: true });
  }
}

function configOf(cameras: unknown): unknown {
  return {
    api: {
      listen: "127.0.0.1:0",
      tokens: [{ name: "cron", token: "${SIGHTLINE_TOKEN}" }],
    },
    rtsp: { listen: "127.0.0.1:0" },
    cameras,
  };
}
