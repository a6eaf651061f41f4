/**
 * What reaches the world outside the program, as data: sockets, files, clocks, timers, randomness
 * and the runtimes' own APIs. Only `lib/io` may touch it, so everything else can be replayed.
 *
 * @module
 */
import { isOutsideProgram, roomOf } from "./rooms.ts";

const MODULES = new Set([
  "node:child_process",
  "node:cluster",
  "node:dgram",
  "node:dns",
  "node:fs",
  "node:http",
  "node:http2",
  "node:https",
  "node:net",
  "node:os",
  "node:perf_hooks",
  "node:readline",
  "node:timers",
  "node:tls",
  "node:worker_threads",
]);

const GLOBALS = new Set([
  "Bun",
  "Deno",
  "WebSocket",
  "Worker",
  "clearInterval",
  "clearTimeout",
  "fetch",
  "setImmediate",
  "setInterval",
  "setTimeout",
]);

const MEMBERS = new Set([
  "AbortSignal.timeout",
  "Date.now",
  "Math.random",
  "crypto.getRandomValues",
  "crypto.randomUUID",
  "performance.now",
  "performance.timeOrigin",
]);

/** What browsers run: its world is theirs. */
const PAGE = "routes/console/page/";

/** Whether the file may touch the world: `lib/io`, tests, scripts, and what browsers run. */
export function mayTouchWorld(path: string): boolean {
  return isOutsideProgram(path) || roomOf(path) === "io" || path.startsWith(PAGE);
}

/** Whether the file may print and end the process: also the command line. */
export function mayOwnProcess(path: string): boolean {
  return mayTouchWorld(path) || ["cli", "main"].includes(roomOf(path) ?? "");
}

/** Whether importing `specifier` gives sockets, files, time or processes. */
export function isWorldModule(specifier: string): boolean {
  const [name = "", sub] = specifier.split("/");
  return specifier.startsWith("bun:") || specifier === "bun" ||
    MODULES.has(sub === undefined ? specifier : name);
}

/** Whether the global `name` gives sockets, files, time or a runtime. */
export function isWorldGlobal(name: string): boolean {
  return GLOBALS.has(name);
}

/** Whether `object.property`, both globals, gives time or randomness. */
export function isWorldMember(object: string, property: string): boolean {
  return MEMBERS.has(`${object}.${property}`);
}

/** Whether the name, imported from `node:crypto`, gives randomness. */
export function isRandomExport(name: string): boolean {
  return /^(random|webcrypto$|getRandomValues$|generate)/.test(name);
}
