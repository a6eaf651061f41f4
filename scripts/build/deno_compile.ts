/**
 * `deno compile`. Its runtime, `denort`, is fetched from dl.deno.land by Deno itself; where that
 * cannot be reached, `DENORT_BIN` names a copy.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { lastLines, tryCommand } from "./command.ts";
import { DENO_PERMISSIONS } from "./deno_permissions.ts";
import type { Target } from "./targets.ts";

/** Why there is no binary, as a clause, or `undefined` when `outfile` is there. */
export async function denoCompile(
  { checkout, tools, target, outfile }: {
    readonly checkout: string;
    readonly tools: string;
    readonly target: Target;
    readonly outfile: string;
  },
): Promise<string | undefined> {
  if (target.deno === undefined) return "Deno has no runtime for musl";
  const deno = join(
    tools,
    "node_modules",
    "deno",
    process.platform === "win32" ? "deno.exe" : "deno",
  );
  const { code, stderr } = await tryCommand([
    deno,
    "compile",
    // Types are checked before a commit.
    "--no-check",
    "--frozen",
    ...DENO_PERMISSIONS,
    "--target",
    target.deno,
    "--output",
    outfile,
    "main.ts",
  ], { cwd: checkout });
  if (code === 0) return undefined;
  return reasonIn(lastLines(stderr, 100)) ?? `deno ended with ${code}`;
}

/** The second line of the chain of causes Deno prints says what, and those below it only how. */
function reasonIn(said: string): string | undefined {
  const causes = [...said.matchAll(/^\s+\d+: (?!<)(.*)$/gm)].map(([, cause]) => cause);
  return causes[1] ?? causes[0] ?? /^error: (.*)$/m.exec(said)?.[1];
}
