/** Programs as child processes that speak in lines. @module */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** Lines of standard error worth telling when something goes wrong. */
const SHOWN_ERRORS = 20;

/** A running program. */
export class Child {
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #name: string;
  readonly #out: string[] = [];
  readonly #err: string[] = [];
  #ended = false;
  #wake = Promise.withResolvers<void>();
  /** Resolves with the exit code; `undefined` when it was killed or never began. */
  readonly exit: Promise<number | undefined>;

  constructor(command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [program = "", ...args] = command;
    this.#name = command.join(" ");
    this.#process = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const streams = [[this.#process.stdout, this.#out], [this.#process.stderr, this.#err]] as const;
    for (const [stream, lines] of streams) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        this.#changed();
      });
    }
    this.exit = this.#run();
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`Cannot run ${this.#name}`);
    return this.#process.pid;
  }

  /** The first line of standard output that matches. Rejects when the program ends without it. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.#out.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#ended) throw new Error(`${this.#name} ended without ${pattern}\n${this.errors}`);
      await this.#wake.promise;
    }
  }

  /** Lines of standard output that match. */
  lines(pattern: RegExp): string[] {
    return this.#out.filter((line) => pattern.test(line));
  }

  /** The end of what it wrote to standard error. */
  get errors(): string {
    return this.#err.slice(-SHOWN_ERRORS).join("\n");
  }

  /** Sends a signal. Harmless when it has ended. */
  kill(signal: "SIGHUP" | "SIGINT" | "SIGKILL" | "SIGTERM"): void {
    // Not the child's own `kill()`: on Deno it works once, and makes any end look like that signal.
    if (!this.#ended && this.#process.pid !== undefined) process.kill(this.#process.pid, signal);
  }

  /** Ends it at once. */
  async end(): Promise<void> {
    this.kill("SIGKILL");
    await this.exit;
  }

  async #run(): Promise<number | undefined> {
    try {
      const [code] = await once(this.#process, "close");
      return code ?? undefined;
    } catch (error) {
      this.#err.push(String(error));
      return undefined;
    } finally {
      this.#ended = true;
      this.#changed();
    }
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** The command that runs a file of this project, by its path from the top, on this runtime. */
export function runtimeCommand(path: string, ...args: readonly string[]): string[] {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  return [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), file, ...args];
}
