/**
 * The sources a build is made of: a commit with the packages of its lock file, and nothing that
 * happens to lie about in the work tree.
 *
 * @module
 */
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { mustCommand, tryCommand } from "./command.ts";

export interface Checkout {
  readonly folder: string;
  /** Full hash; with `+changes` behind it for a work tree, `unknown` outside of a repository. */
  readonly commit: string;
  /** When the commit was made, in UTC: `2026-01-31T12:00:00Z`. */
  readonly date: string;
  remove(): Promise<void>;
}

export interface CheckoutOptions {
  /** Top of the project. */
  readonly top: string;
  /** The files as they lie there instead of those of `HEAD`. */
  readonly workTree: boolean;
}

/** What of a work tree is no source. */
const LEFT_OUT = new Set([".git", "dist", "node_modules"]);

/** Copies the sources into a folder of their own and installs what they import. */
export async function checkOut({ top, workTree }: CheckoutOptions): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-build-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    if (workTree) await copyWorkTree(top, folder);
    else await extractCommit(top, folder);
    await mustCommand(
      [
        "npm",
        "ci",
        "--omit=dev",
        "--ignore-scripts",
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
      ],
      { cwd: folder },
    );
    return { folder, ...await describeCommit(top, workTree), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function extractCommit(top: string, folder: string): Promise<void> {
  const archive = join(folder, ".sources.tar");
  await mustCommand(["git", "archive", "--output", archive, "HEAD"], { cwd: top });
  await mustCommand(["tar", "-xf", archive, "-C", folder]);
  await rm(archive);
}

/** Copies the sources as they lie there. */
export async function copyWorkTree(top: string, folder: string): Promise<void> {
  const names = (await readdir(top)).filter((name) => !LEFT_OUT.has(name));
  for (const name of names) {
    await cp(join(top, name), join(folder, name), {
      recursive: true,
      filter: (source) => !source.includes("node_modules"),
    });
  }
}

/** What is built: see `Checkout`. */
export async function describeCommit(
  top: string,
  workTree: boolean,
): Promise<{ readonly commit: string; readonly date: string }> {
  const log = await tryCommand(["git", "log", "-1", "--format=%H %ct"], { cwd: top });
  // The convention of https://reproducible-builds.org/specs/source-date-epoch/
  const given = process.env["SOURCE_DATE_EPOCH"];
  if (log.code !== 0) return { commit: "unknown", date: isoDate(Number(given ?? 0)) };
  const [hash = "", seconds = ""] = log.stdout.trim().split(" ");
  return { commit: workTree ? `${hash}+changes` : hash, date: isoDate(Number(given ?? seconds)) };
}

function isoDate(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(/\.\d+Z$/, "Z");
}
