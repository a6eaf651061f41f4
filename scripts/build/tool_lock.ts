/** What the lock file of `scripts/tools` says. @module */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface LockedPackage {
  readonly version: string;
  /** `sha512-` and the digest of its archive in base64. */
  readonly integrity: string;
}

/** The package that is installed under that name in `tools`. */
export async function lockedPackage(tools: string, name: string): Promise<LockedPackage> {
  const lock = JSON.parse(await readFile(join(tools, "package-lock.json"), "utf8"));
  const locked: LockedPackage | undefined = lock.packages[`node_modules/${name}`];
  if (locked !== undefined) return locked;
  throw new Error(`Cannot use ${name} as scripts/tools/package-lock.json must name it`);
}
