import { spawn } from "node:child_process";
import type { Duration } from "../machine.ts";

/** How a program ended, and what it said. */
export interface ProgramResult {
  /** `undefined` when it could not be started, or was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** Why it could not be started, in that case. */
  readonly stderr: string;
}

/** Runs a program to its end; never rejects. It is killed after `timeout`. */
export function runProgram(
  [program = "", ...args]: readonly string[],
  timeout: Duration,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], timeout });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => said.stdout += text);
    child.stderr.setEncoding("utf8").on("data", (text: string) => said.stderr += text);
    child.once("error", ({ message }) => resolve({ code: undefined, stdout: "", stderr: message }));
    child.once("close", (code) => resolve({ code: code ?? undefined, ...said }));
  });
}
