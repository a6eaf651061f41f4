/** Everything around a `sightline serve` in a test: a simulated cloud, its configuration. @module */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Program, type ProgramOptions, startProgram, startSim } from "./program.ts";

export interface Serving {
  readonly program: Program;
  readonly sim: Program;
  /** Beginnings of addresses, without a slash at the end. */
  readonly api: string;
  readonly rtsp: string;
  /** An address of a camera of the simulated cloud. */
  address(serial: string): string;
  /** Writes another configuration and has the program read it; resolves with what it says to it. */
  reconfigure(config: unknown): Promise<string>;
  /** Calls the API; `path` is what follows `/api/v1`. */
  call(method: string, path: string, init?: RequestInit): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a test's configuration has besides its cameras: listeners on any free port. */
export const ANYWHERE = {
  api: { listen: "127.0.0.1:0" },
  rtsp: { listen: "127.0.0.1:0" },
};

/** A configuration file with these settings; YAML is JSON, too. */
export async function withConfigFile<T>(
  body: (file: string, write: (config: unknown) => Promise<void>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  const file = join(folder, "sightline.yaml");
  try {
    return await body(file, (config) => writeFile(file, textOf(config)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs `body` beside a `sightline serve` with these cameras, and sees to it that both end well. */
export async function withServe(
  cameras: (address: Serving["address"]) => Record<string, unknown>,
  body: (serving: Serving) => Promise<void>,
  { settings = {}, ...options }: ProgramOptions & {
    readonly settings?: Record<string, unknown>;
    readonly scenario?: string;
  } = {},
): Promise<void> {
  const { program: sim, server } = await startSim(options);
  const address = (serial: string) => `dahua://${serial}?server=${server}`;
  try {
    await withConfigFile(async (file, write) => {
      await write({ ...ANYWHERE, ...settings, cameras: cameras(address) });
      const program = startProgram(["serve", "--config", file, "--json"], options);
      try {
        const { rtsp, api } = JSON.parse(await program.line(/"listening"/)) as {
          readonly rtsp: string;
          readonly api: string;
        };
        await body({
          program,
          sim,
          rtsp,
          api: api.replace(/\/$/, ""),
          address,
          async reconfigure(config) {
            const said = program.err.length;
            await write(config);
            program.hangUp();
            return await program.line(/configuration (applied|rejected)/, said);
          },
          call: (method, path, init) => call(`${api}api/v1${path}`, { ...init, method }),
        });
      } finally {
        program.stop();
        assert.equal(await program.exit, 0, program.err.slice(-20).join("\n"));
      }
    });
  } finally {
    sim.stop();
    await sim.exit;
  }
}

async function call(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

function textOf(config: unknown): string {
  return typeof config === "string" ? config : JSON.stringify(config, undefined, 2);
}
