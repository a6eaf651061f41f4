/** Programs under measurement, each in a process of its own. @module */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";

const TOP = fileURLToPath(new URL("../../", import.meta.url));

/** How long a program may take to come up. */
const PATIENCE = 20_000;

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Of those, what is no copy of a file's contents. */
  readonly ownBytes: number;
}

export class Child {
  readonly #process: ChildProcess;
  readonly #exit: Promise<void>;
  #output = "";
  #wake = () => {};

  constructor(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#process = spawn(command, args, {
      cwd: TOP,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      // What a program says after it has come up is not needed.
      if (this.#output.length < 65_536) this.#output += text;
      this.#wake();
    });
    this.#exit = new Promise((resolve) => {
      this.#process.once("error", () => resolve());
      this.#process.once("close", () => resolve());
    });
  }

  /** A program of this project, in the runtime that runs the bench. */
  static run(script: string, ...args: readonly string[]): Child {
    const isDeno = process.versions["deno"] !== undefined;
    return new Child(process.execPath, [...(isDeno ? ["run", "-A"] : []), script, ...args]);
  }

  /** The first line of output that matches. */
  async line(pattern: RegExp): Promise<string> {
    const deadline = performance.now() + PATIENCE;
    const ticking = setInterval(() => this.#wake(), 100);
    try {
      for (;;) {
        const found = this.#output.split("\n").find((line) => pattern.test(line));
        if (found !== undefined) return found;
        if (performance.now() > deadline || this.#process.exitCode !== null) {
          throw new Error(`Cannot bench as ${this.#process.spawnfile} must say ${pattern}`);
        }
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      clearInterval(ticking);
    }
  }

  /** What it has used so far. Linux alone tells, and of threads that live only. */
  usage(): Usage {
    const at = `/proc/${this.#process.pid}`;
    const threads = readdirSync(`${at}/task`);
    // Nanoseconds on a processor; the ticks of `stat` miss much of what runs in short bursts.
    const cpu = threads.map((id) => readFileSync(`${at}/task/${id}/schedstat`, "utf8").split(" "));
    const status = readFileSync(`${at}/status`, "utf8");
    const bytes = (what: string) =>
      1_024 * Number(new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
    return {
      cpuSeconds: cpu.reduce((sum, [ran]) => sum + Number(ran), 0) / 1e9,
      residentBytes: bytes("VmRSS"),
      ownBytes: bytes("RssAnon"),
    };
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    const killer = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await this.#exit;
    clearTimeout(killer);
  }
}
