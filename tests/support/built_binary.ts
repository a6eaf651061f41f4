/** Binaries of the work tree, for tests. @module */
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build/build.ts";
import { copyWorkTree } from "../../scripts/build/checkout.ts";
import { hostTarget, type Target } from "../../scripts/build/targets.ts";

const TOP = fileURLToPath(new URL("../../", import.meta.url));

export interface BuiltHere {
  /** Folder of everything that was made. */
  readonly out: string;
  readonly name: string;
  readonly binary: string;
}

/** The sources as they are now, whatever becomes of them: a copy in `folder`. */
export async function snapshot(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await copyWorkTree(TOP, folder);
  return folder;
}

/** Builds a snapshot for this machine, unless told otherwise, into `out`. */
export async function buildSnapshot(
  top: string,
  out: string,
  target: Target | undefined = hostTarget(process),
): Promise<BuiltHere> {
  assert.ok(target !== undefined, "no binary is made for this machine");
  const tools = join(TOP, "scripts", "tools");
  const options = { top, tools, out, workTree: true, toolchains: ["bun"] } as const;
  const [built] = await build({ ...options, targets: [target] });
  assert.ok(built !== undefined);
  assert.equal(built.problem, undefined);
  return { out, name: built.name, binary: join(out, built.name) };
}
