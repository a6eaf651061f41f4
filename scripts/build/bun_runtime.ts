/**
 * Bun's runtimes for other machines: npm packages whose versions and digests are in the lock file of
 * `scripts/tools`, as they are of the Bun that compiles.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { mustCommand } from "./command.ts";
import type { Target } from "./targets.ts";
import { lockedPackage } from "./tool_lock.ts";

/** Path of the runtime, fetched when it is not there yet. `tools` is `scripts/tools`. */
export async function bunRuntime(target: Target, tools: string): Promise<string> {
  const name = `@oven/bun-${target.bun}`;
  const { version, integrity } = await lockedPackage(tools, name);
  // Goes with the packages of another lock file, as npm empties their folder.
  const store = join(tools, "node_modules", ".runtimes");
  const path = join(store, `bun-${target.bun}-${version}${target.suffix}`);
  if (await exists(path)) return path;
  await mkdir(store, { recursive: true });
  const temporary = await mkdtemp(join(store, "fetch-"));
  try {
    const options = ["--json", "--prefer-offline", "--ignore-scripts", "--silent"];
    const said = await mustCommand(["npm", "pack", ...options, `${name}@${version}`], {
      cwd: temporary,
    });
    const archive = join(temporary, packedFile(said));
    checkIntegrity(name, await readFile(archive), integrity);
    await mustCommand(["tar", "-xzf", archive, "-C", temporary]);
    const binary = join(temporary, "package", "bin", `bun${target.suffix}`);
    await chmod(binary, 0o755);
    await rename(binary, path);
    return path;
  } finally {
    await rm(temporary, { recursive: true });
  }
}

function packedFile(json: string): string {
  const [packed] = JSON.parse(json) as { filename: string }[];
  if (packed === undefined) throw new Error("Cannot fetch package as npm must name its file");
  // Older npm names the file of a scoped package as the package is named.
  return packed.filename.replace(/^@/, "").replace("/", "-");
}

function checkIntegrity(name: string, archive: Uint8Array, integrity: string): void {
  const found = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  if (found === integrity) return;
  throw new Error(`Cannot use ${name} as its digest must be ${integrity}: is ${found}`);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
