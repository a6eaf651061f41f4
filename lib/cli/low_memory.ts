/**
 * `--low-memory`: what a daemon does without on a machine that has little.
 *
 * @module
 */
import process from "node:process";
import { buildInfo } from "../build_info.ts";
import type { ParsedArgs } from "./args.ts";

/** What may be kept for viewers. The rooms that keep it have their own defaults. */
export interface MemoryLimits {
  /** The current group of pictures of a stream, for whoever comes late, in bytes. */
  readonly groupBytes?: number;
  /** Viewers at once. */
  readonly maxConnections?: number;
  /** What may wait for one that is slow, in bytes. */
  readonly maxMediaBytes?: number;
}

/** Of `--low-memory`: 16 MiB for all slow viewers together where it else is 256. */
const LOW: MemoryLimits = {
  groupBytes: 4 << 20,
  maxConnections: 16,
  maxMediaBytes: 1 << 20,
};

/** What the engine is told this machine has, in bytes: by that it decides how long garbage may wait. */
const MEMORY_OF_MACHINE = 32 << 20;

/** Read by Bun's engine as a process begins, and never again. */
const ENGINE_OPTION = "BUN_JSC_forceRAMSize";

/** For help texts. */
export const LOW_MEMORY_HELP =
  "  --low-memory   smaller buffers, 16 viewers at most, and garbage is collected early";

/** The limits that these arguments of a command ask for. */
export function memoryLimits({ flags }: ParsedArgs): MemoryLimits {
  return flags.has("low-memory") ? LOW : {};
}

/**
 * Begins a binary anew, as the same process, with an engine that holds less, where these arguments
 * ask for it and it is not so yet. What is its own halves, for a quarter more CPU with one camera and
 * half more with four and ten viewers; with 16 MiB it would be no less, for more CPU.
 */
export function holdLess(
  parsed: ParsedArgs,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const isSo = env[ENGINE_OPTION] !== undefined;
  if (!parsed.flags.has("low-memory") || isSo || buildInfo?.tool !== "bun") return;
  const { execPath, execve } = process;
  // Windows has no such call.
  if (process.platform === "win32" || execve === undefined) return;
  execve.call(process, execPath, [execPath, ...process.argv.slice(2)], {
    ...process.env,
    [ENGINE_OPTION]: String(MEMORY_OF_MACHINE),
  });
}
