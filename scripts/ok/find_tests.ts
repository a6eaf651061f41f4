/** Finds the project's test files. @module */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

const FOLDERS = ["lib", "routes", "tests", "scripts"];

/** Tests that need sockets, files, processes or the real clock. */
const WORLD = /^(lib\/(io|cli)|tests\/(sockets|e2e|interop|netns|packaging)|scripts)\//;

/** Paths from the top of the project, as both test runners take them. */
export interface TestFiles {
  /** Need nothing of the world, and get no permission. */
  readonly machines: readonly string[];
  readonly world: readonly string[];
}

/** All `*_test.ts` below `top`. */
export async function findTests(top: string): Promise<TestFiles> {
  const found = await Promise.all(FOLDERS.map((folder) => testsIn(top, folder)));
  const paths = found.flat().sort();
  return {
    machines: paths.filter((path) => !WORLD.test(path)).map((path) => `./${path}`),
    world: paths.filter((path) => WORLD.test(path)).map((path) => `./${path}`),
  };
}

async function testsIn(top: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(top, folder), { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(entries.map(async (entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== "node_modules") return await testsIn(top, path);
    return entry.name.endsWith("_test.ts") ? [path] : [];
  }));
  return found.flat();
}
