/** Runs other programs to their end. @module */
import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly cwd?: string;
  /** Instead of this process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Signals kill the program. */
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  /** `undefined` when it could not be started or was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program and collects what it says. A program there is not has no code. */
export function tryCommand(
  [program = "", ...args]: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const { cwd, env, signal } = options;
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env: env as Record<string, string> }),
      ...(signal === undefined ? {} : { signal, killSignal: "SIGKILL" as const }),
    });
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    child.stdout.on("data", (bytes: Uint8Array) => out.push(bytes));
    child.stderr.on("data", (bytes: Uint8Array) => err.push(bytes));
    child.on("error", (error) => resolve({ code: undefined, stdout: "", stderr: error.message }));
    child.on(
      "close",
      (code: number | null) =>
        resolve({ code: code ?? undefined, stdout: textOf(out), stderr: textOf(err) }),
    );
  });
}

/** The same for one that must succeed: its standard output. */
export async function mustCommand(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(command, options);
  if (code === 0) return stdout;
  const said = lastLines(stderr || stdout, 12).slice(-2_000);
  throw new Error(`Cannot go on as "${command.join(" ")}" must succeed: ${code ?? ""} ${said}`);
}

/** The end of what a program said, without colours. */
export function lastLines(text: string, count: number): string {
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  return plain.trim().split("\n").slice(-count).join("\n");
}

function textOf(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") +
    decoder.decode();
}
