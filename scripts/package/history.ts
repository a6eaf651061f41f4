/** What git knows of a release. @module */
import { mustCommand, tryCommand } from "../build/command.ts";

export interface History {
  /** Tag of the release before this one. */
  readonly since: string | undefined;
  /** Subjects of the commits since then, newest first. */
  readonly changes: readonly string[];
}

/** How many of the files that are in the way are named. */
const SHOWN_FILES = 5;

/**
 * The history of the release of `version`, from the commit that is checked out at `top`. Rejects
 * unless that commit has everything there is, and no other commit was released under this version.
 */
export async function historyOf(version: string, top: string): Promise<History> {
  const git = (...args: readonly string[]) => mustCommand(["git", ...args], { cwd: top });
  const changed = linesOf(await git("status", "--porcelain"));
  if (changed.length > 0) {
    const names = changed.slice(0, SHOWN_FILES).map((line) => line.slice(3)).join(", ");
    const more = changed.length > SHOWN_FILES ? `, and ${changed.length - SHOWN_FILES} more` : "";
    throw new Error(`Cannot release as everything must be committed: not so ${names}${more}`);
  }
  const tag = `v${version}`;
  const tagged = await tryCommand(["git", "rev-parse", "--quiet", "--verify", `${tag}^{commit}`], {
    cwd: top,
  });
  if (tagged.code === 0 && tagged.stdout !== await git("rev-parse", "HEAD")) {
    throw new Error(`Cannot release as version must be a fresh one: ${tag} is another commit`);
  }
  const last = await tryCommand(
    ["git", "describe", "--tags", "--abbrev=0", "--match=v*", `--exclude=${tag}`],
    { cwd: top },
  );
  const since = last.code === 0 ? last.stdout.trim() : undefined;
  const range = since === undefined ? "HEAD" : `${since}..HEAD`;
  return { since, changes: linesOf(await git("log", "--format=%s", range)) };
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
