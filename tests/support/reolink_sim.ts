import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReolinkDescription } from "../../lib/sim/simulation_reolink.ts";
import { type Program, startProgram } from "./program.ts";

/** A running simulator with Reolink cameras. */
export interface ReolinkSim {
  readonly program: Program;
  /** The address of any UID in its cloud; with the account where there is such a camera. */
  address(uid: string): string;
  /** The address of a camera on the LAN. */
  lanAddress(uid: string): string;
  /** What it has said of logins, refused ones too. */
  logins(): readonly string[];
  /** What it has said of cameras that were woken. */
  wakes(): readonly string[];
}

/** Runs `body` with the Reolink part of a scenario simulated on real sockets. */
export async function withReolinkSim(
  reolink: Record<string, unknown>,
  body: (sim: ReolinkSim) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  const path = join(folder, "scenario.json");
  await writeFile(path, JSON.stringify({ seed: 1, reolink }));
  const program = startProgram(["sim", "--json", "--scenario", path]);
  try {
    const line = await program.line(/^\{"dahua"/);
    const description = JSON.parse(line) as { readonly reolink: ReolinkDescription };
    await body(describe(program, description.reolink));
  } finally {
    program.stop();
    await program.exit;
    await rm(folder, { recursive: true });
  }
}

function describe(program: Program, { servers, cameras }: ReolinkDescription): ReolinkSim {
  const find = (uid: string) => cameras.find((camera) => camera.uid === uid);
  const account = (uid: string) => {
    const { user = "admin", password = "none" } = find(uid) ?? {};
    return `${user}:${password}@`;
  };
  const told = (pattern: RegExp) => program.err.filter((line) => pattern.test(line));
  return {
    program,
    address: (uid) => `reolink://${account(uid)}${uid}?server=${servers.join(",")}`,
    lanAddress(uid) {
      const { lan } = find(uid) ?? {};
      if (lan === undefined) throw new Error(`There is no camera ${uid} on the LAN`);
      return `reolink://${account(uid)}${lan}`;
    },
    logins: () => told(/\blogin\b/),
    wakes: () => told(/\bstate=waking\b/),
  };
}
