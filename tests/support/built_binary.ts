/** Binaries of the work tree, for tests. @module */
import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "../../scripts/build/build.ts";
import { hostTarget, type Target } from "../../scripts/build/targets.ts";

const TOP = fileURLToPath(new URL("../../", import.meta.url));

export interface BuiltHere {
  /** Folder of everything that was made. */
  readonly out: string;
  readonly name: string;
  readonly binary: string;
}

/** Builds the program as it lies there, for this machine unless told otherwise, into `out`. */
export async function buildHere(out: string, target?: Target): Promise<BuiltHere> {
  const wanted = target ?? hostTarget(process);
  assert.ok(wanted !== undefined, "no binary is made for this machine");
  const [built] = await build({
    top: TOP,
    workTree: true,
    tools: ["bun"],
    targets: [wanted],
    out,
  });
  assert.equal(built?.problem, undefined);
  const { name } = built;
  return { out, name, binary: join(out, name) };
}
