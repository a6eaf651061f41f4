/**
 * The software bill of materials: npm's own, in CycloneDX, with what npm cannot know added and what
 * differs from run to run replaced.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { mustCommand } from "./command.ts";
import type { Tool } from "./licences.ts";

/** A binary that was built. */
export interface BuiltFile {
  readonly name: string;
  readonly tool: Tool;
  readonly sha256: string;
}

export interface SbomOptions {
  /** The sources, with their lock file. */
  readonly checkout: string;
  readonly commit: string;
  readonly date: string;
  readonly files: readonly BuiltFile[];
  /** What version of each toolchain's runtime is in the files. */
  readonly runtimes: Readonly<Record<Tool, string>>;
}

const RUNTIME_LICENCES: Readonly<Record<Tool, string>> = {
  bun: "MIT AND LGPL-2.0-or-later AND LGPL-2.1-only AND Apache-2.0",
  deno: "MIT AND BSD-3-Clause",
};

interface Bom {
  serialNumber?: string;
  metadata: {
    timestamp: string;
    tools: unknown;
    lifecycles: unknown;
    component: { name: string; version: string; "bom-ref": string };
  };
  components: unknown[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** The document, the same for the same commit and files wherever it is written. */
export async function makeSbom(options: SbomOptions): Promise<string> {
  const { checkout, commit, date, files, runtimes } = options;
  const bom: Bom = JSON.parse(
    await mustCommand([
      "npm",
      "sbom",
      "--sbom-format=cyclonedx",
      "--sbom-type=application",
      "--omit=dev",
      "--package-lock-only",
    ], { cwd: checkout }),
  );
  const manifest = JSON.parse(await readFile(join(checkout, "package.json"), "utf8"));
  const own = bom.metadata.component;
  // npm takes the name of the folder.
  own.name = manifest.name;
  bom.metadata.timestamp = date;
  bom.metadata.tools = [{ name: "sightline build", version: commit }];
  bom.metadata.lifecycles = [{ phase: "build" }];
  for (const tool of new Set(files.map((file) => file.tool))) {
    const ref = `${tool}@${runtimes[tool]}`;
    bom.components.push({
      "bom-ref": ref,
      type: "platform",
      name: tool,
      version: runtimes[tool],
      purl: `pkg:npm/${tool}@${runtimes[tool]}`,
      licenses: [{ expression: RUNTIME_LICENCES[tool] }],
    });
    bom.dependencies.find((entry) => entry.ref === own["bom-ref"])?.dependsOn.push(ref);
  }
  bom.components.push(...files.map(({ name, sha256 }) => ({
    "bom-ref": name,
    type: "file",
    name,
    hashes: [{ alg: "SHA-256", content: sha256 }],
  })));
  delete bom.serialNumber;
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bom))}`;
  return `${JSON.stringify({ ...bom, serialNumber }, null, 2)}\n`;
}

/** A version 8 UUID (RFC 9562): whatever its maker likes, here a digest. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...groups, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
}
