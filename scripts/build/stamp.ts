/** Writes into a checkout what a binary says of itself. @module */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildInfo } from "../../lib/build_info.ts";

/** Replaces the values that the sources have for these two. */
export async function stamp(checkout: string, info: BuildInfo, licences: string): Promise<void> {
  await setLast(join(checkout, "lib", "build_info.ts"), "buildInfo: BuildInfo", info);
  await setLast(join(checkout, "lib", "licences.ts"), "licences", licences);
}

/** Sets a constant that is the last thing in its file. */
async function setLast(path: string, name: string, value: unknown): Promise<void> {
  const text = await readFile(path, "utf8");
  const declaration = `export const ${name}`;
  const at = text.indexOf(declaration);
  if (at < 0) throw new Error(`Cannot stamp ${path} as it must have "${declaration}"`);
  await writeFile(path, `${text.slice(0, at)}${declaration} = ${JSON.stringify(value)};\n`);
}
