/**
 * Builds binaries from the commit that is checked out, and says plainly what it could not build:
 *
 *     deno task build                                      every target, by both toolchains
 *     deno task build --tool bun --target linux-arm64      one of them
 *     deno task build --work-tree                          the files as they lie there, uncommitted
 *
 * `--out dist` then has the binaries, `SHA256SUMS`, `LICENCES.txt` and `sightline.cdx.json`, a
 * software bill of materials in CycloneDX. The same commit gives the same bytes, wherever it is built.
 *
 * `bun build --compile` needs nothing but the npm registry. `deno compile` needs its runtime from
 * dl.deno.land; `DENORT_BIN` names a copy where there is one.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { build, type Built } from "./build/build.ts";
import type { Tool } from "./build/licences.ts";
import { TARGETS } from "./build/targets.ts";

const TOOLCHAINS: Readonly<Record<string, readonly Tool[]>> = {
  bun: ["bun"],
  deno: ["deno"],
  all: ["bun", "deno"],
};

const { values } = parseArgs({
  options: {
    tool: { type: "string", default: "all" },
    target: { type: "string", multiple: true, default: TARGETS.map(({ name }) => name) },
    out: { type: "string", default: "dist" },
    "work-tree": { type: "boolean", default: false },
  },
});
const toolchains = TOOLCHAINS[values.tool];
if (toolchains === undefined) {
  usage(`--tool must be one of ${Object.keys(TOOLCHAINS)}: ${values.tool}`);
}
const unknown = values.target.find((name) => !TARGETS.some((target) => target.name === name));
if (unknown !== undefined) {
  usage(`--target must be one of ${TARGETS.map(({ name }) => name).join(", ")}: ${unknown}`);
}

const results = await build({
  top: fileURLToPath(new URL("../", import.meta.url)),
  tools: fileURLToPath(new URL("tools", import.meta.url)),
  workTree: values["work-tree"],
  toolchains,
  targets: TARGETS.filter(({ name }) => values.target.includes(name)),
  out: values.out,
});
for (const result of results) console.log(lineFor(result));
const missing = results.filter(({ problem }) => problem !== undefined);
// What was asked for by name must be there; of all there is, what can be had.
process.exit(missing.some(({ tool }) => tool === "bun" || values.tool === "deno") ? 1 : 0);

function lineFor(result: Built): string {
  const what = result.problem === undefined
    ? `${(result.bytes / 1e6).toFixed(1).padStart(6)} MB   ${result.needs}`
    : `not built: ${result.problem}`;
  return `${result.name.padEnd(28)} ${what}`;
}

function usage(message: string): never {
  console.error(`Cannot build as ${message}`);
  process.exit(2);
}
