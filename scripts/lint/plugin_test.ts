import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** `Deno.lint.runPlugin` exists only under `deno test`. */
const HAS_LINTER = "deno" in process.versions;

interface Row {
  readonly path: string;
  readonly source: string;
  /** The rules that must report, in order of appearance. */
  readonly reports: readonly string[];
}

const DIRECTION = "sightline/import-direction";
const WORLD = "sightline/world-only-in-io";
const BANG = "sightline/reason-for-non-null";

const ROWS: readonly Row[] = [
  { path: "lib/bytes/a.ts", source: `import { b } from "./b.ts";`, reports: [] },
  { path: "lib/bytes/a.ts", source: `import { b } from "../hub/b.ts";`, reports: [DIRECTION] },
  { path: "lib/bytes/a.ts", source: `export * from "../hub/b.ts";`, reports: [DIRECTION] },
  { path: "lib/bytes/a.ts", source: `export { b } from "../hub/b.ts";`, reports: [DIRECTION] },
  { path: "lib/bytes/a.ts", source: `await import("../hub/b.ts");`, reports: [DIRECTION] },
  { path: "lib/hub/a.ts", source: `import type { A } from "../io/types.ts";`, reports: [] },
  { path: "lib/hub/a.ts", source: `import { type A } from "../io/types.ts";`, reports: [] },
  { path: "lib/hub/a.ts", source: `import { A } from "../io/types.ts";`, reports: [DIRECTION] },

  { path: "lib/nat/a.ts", source: `import net from "node:net";`, reports: [WORLD] },
  {
    path: "lib/nat/a.ts",
    source: `import { readFile } from "node:fs/promises";`,
    reports: [WORLD],
  },
  { path: "lib/nat/a.ts", source: `await import("node:dgram");`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `import { udpSocket } from "bun";`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `import { createHash } from "node:crypto";`, reports: [] },
  { path: "lib/nat/a.ts", source: `import { randomBytes } from "node:crypto";`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `import * as c from "node:crypto";`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `Deno.readFile("a");`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `const wait = setTimeout;`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `globalThis.setTimeout(f, 1);`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `clock.setTimeout(f, 1);`, reports: [] },
  { path: "lib/nat/a.ts", source: `interface A { fetch(): void }`, reports: [] },
  { path: "lib/nat/a.ts", source: `const a = { fetch: 1 };`, reports: [] },
  { path: "lib/nat/a.ts", source: `const now = Date.now();`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `const now = new Date();`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `const then = new Date(instant);`, reports: [] },
  { path: "lib/nat/a.ts", source: `crypto.getRandomValues(a);`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `AbortSignal.timeout(5);`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `console.log(1);`, reports: [WORLD] },
  { path: "lib/nat/a.ts", source: `import process from "node:process";`, reports: [WORLD] },
  { path: "lib/cli/a.ts", source: `console.log(1);`, reports: [] },
  { path: "lib/cli/a.ts", source: `setTimeout(f, 1);`, reports: [WORLD] },
  { path: "lib/io/a.ts", source: `setTimeout(f, 1); Deno.exit();`, reports: [] },
  { path: "lib/nat/a_test.ts", source: `setTimeout(f, 1); Deno.exit();`, reports: [] },

  { path: "lib/nat/a.ts", source: `const a = b!;`, reports: [BANG] },
  { path: "lib/nat/a.ts", source: `const a = b!; // set by the constructor`, reports: [] },
  { path: "lib/nat/a.ts", source: `// Set by the constructor.\nconst a = b!;`, reports: [] },
  { path: "lib/nat/a.ts", source: "// line\n".repeat(450), reports: [] },
  { path: "lib/nat/a.ts", source: "// line\n".repeat(451), reports: ["sightline/small-files"] },
];

test("the lint plugin is tested on Deno", { skip: HAS_LINTER }, () => {});

for (const { path, source, reports } of HAS_LINTER ? ROWS : []) {
  const title = source.length > 80 ? `${source.length} characters` : source.replace("\n", "⏎");
  const verdict = reports.length > 0 ? `reports ${reports.join(", ")}` : "is silent";
  test(`the lint plugin ${verdict} for ${title} in ${path}`, async () => {
    const { default: plugin } = await import("./plugin.ts");
    const filename = fileURLToPath(new URL(`../../${path}`, import.meta.url));
    const found = Deno.lint.runPlugin(plugin, filename, source);
    assert.deepEqual(found.map((diagnostic) => diagnostic.id), reports);
  });
}
