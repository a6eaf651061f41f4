/** Real players as child processes. @module */

import { spawn, spawnSync } from "node:child_process";
import process from "node:process";

export interface Run {
  /** Exit code, or `undefined` when it had to be killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** When to kill it, in milliseconds. */
  readonly limit?: number;
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  { stdin, env = {}, limit = 12_000, ...user }: RunOptions = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      ...user,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
    const killer = setTimeout(() => child.kill("SIGKILL"), limit);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(killer);
      resolve({ code: code ?? undefined, stdout, stderr });
    });
    // A program that wants no input may close it first.
    child.stdin.on("error", () => {}).end(stdin ?? "");
  });
}

/** `false` when the program is here, otherwise the reason to skip, for `node:test`. */
export function missing(command: string, ...args: readonly string[]): string | false {
  const { error } = spawnSync(command, args, { stdio: "ignore" });
  return error === undefined ? false : `${command} is not installed`;
}

/**
 * What ffmpeg and its relatives complain about, but for ports that were taken by others: of those
 * they try one after the other.
 */
export function complaints({ stderr }: Run): string {
  return stderr.replace(/^\[udp @ \w+\] bind failed: Address already in use\n/gm, "");
}
