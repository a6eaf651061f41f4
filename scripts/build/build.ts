/** Builds binaries and what goes beside them. @module */
import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { bunCompile } from "./bun_compile.ts";
import { type Checkout, checkOut } from "./checkout.ts";
import { lastLines, tryCommand } from "./command.ts";
import { denoCompile } from "./deno_compile.ts";
import { readElf } from "./elf.ts";
import { licencesText, type Tool } from "./licences.ts";
import { describeNeeds } from "./needs.ts";
import { type BuiltFile, makeSbom } from "./sbom.ts";
import { stamp } from "./stamp.ts";
import { hostTarget, type Target } from "./targets.ts";
import { lockedPackage } from "./tool_lock.ts";

export interface BuildOptions {
  /** Top of the project. */
  readonly top: string;
  /** Folder of the pinned runtimes: `scripts/tools`, once its packages are installed. */
  readonly tools: string;
  /** Builds the files as they lie there instead of the commit. */
  readonly workTree: boolean;
  readonly toolchains: readonly Tool[];
  readonly targets: readonly Target[];
  /** Folder of the results. What an earlier build left there is removed. */
  readonly out: string;
}

/** What became of one binary: `problem` says why there is none, as a clause. */
export type Built =
  & { readonly name: string; readonly tool: Tool; readonly target: Target }
  & ({
    readonly problem: undefined;
    readonly bytes: number;
    readonly sha256: string;
    /** What it needs of the machine, in words. */
    readonly needs: string;
  } | { readonly problem: string });

interface Place {
  readonly checkout: Checkout;
  readonly tools: string;
  readonly out: string;
}

const OURS = /^(sightline([-._].*)?|SHA256SUMS|LICENCES\.txt|RELEASE_NOTES\.md)$/;

/** Builds every target by every tool. Rejects when what others depend on cannot be had. */
export async function build(options: BuildOptions): Promise<readonly Built[]> {
  const out = resolve(options.out);
  await mkdir(out, { recursive: true });
  for (const name of await readdir(out)) if (OURS.test(name)) await rm(join(out, name));
  const checkout = await checkOut(options);
  try {
    const place = { checkout, tools: options.tools, out };
    const results: Built[] = [];
    for (const tool of options.toolchains) {
      const licences = await licencesText(checkout.folder, [tool]);
      for (const target of options.targets) {
        results.push(await buildOne(place, tool, target, licences));
      }
    }
    await describe(place, results);
    return results;
  } finally {
    await checkout.remove();
  }
}

async function buildOne(
  { checkout: { folder, commit, date }, tools, out }: Place,
  tool: Tool,
  target: Target,
  licences: string,
): Promise<Built> {
  const name = `sightline${tool === "bun" ? "" : `-${tool}`}-${target.name}${target.suffix}`;
  const outfile = join(folder, ".build", `sightline${target.suffix}`);
  await rm(outfile, { force: true });
  await stamp(folder, { commit, date, tool, target: target.name }, licences);
  const compile = tool === "bun" ? bunCompile : denoCompile;
  const problem = await compile({ checkout: folder, tools, target, outfile }) ??
    await objection(outfile, target, commit);
  if (problem !== undefined) return { name, tool, target, problem };
  await copyFile(outfile, join(out, name));
  await chmod(join(out, name), 0o755);
  const file = await readFile(outfile);
  const needs = describeNeeds(target, readElf(file));
  return { name, tool, target, problem, bytes: file.byteLength, sha256: sha256(file), needs };
}

/** What is wrong with the file a compiler left. A runtime it was told to take may be any. */
async function objection(
  outfile: string,
  target: Target,
  commit: string,
): Promise<string | undefined> {
  const machine = readElf(await readFile(outfile))?.machine;
  if (machine !== target.elf) {
    return `the runtime it was given is for ${machine ?? "another system"}`;
  }
  if (target !== hostTarget(process)) return undefined;
  const { stdout, stderr } = await tryCommand([outfile, "version", "--json"]);
  if (stdout.includes(commit)) return undefined;
  return `the binary does not run: ${lastLines(stderr || stdout, 1)}`;
}

/** Writes what goes beside the binaries. */
async function describe({ checkout, tools, out }: Place, results: readonly Built[]): Promise<void> {
  const { folder, commit, date } = checkout;
  const files = results.filter((result): result is Built & BuiltFile =>
    result.problem === undefined
  );
  const used = [...new Set(files.map(({ tool }) => tool))];
  const [bun, deno] = await Promise.all([
    lockedPackage(tools, "bun"),
    lockedPackage(tools, "deno"),
  ]);
  const runtimes = { bun: bun.version, deno: deno.version };
  const beside = {
    "LICENCES.txt": await licencesText(folder, used),
    "sightline.cdx.json": await makeSbom({ checkout: folder, commit, date, files, runtimes }),
  };
  const sums = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  for (const [name, text] of Object.entries(beside)) {
    await writeFile(join(out, name), text);
    sums.push(`${sha256(text)}  ${name}\n`);
  }
  await writeFile(join(out, "SHA256SUMS"), sums.join(""));
}

/** In hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
