import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const SOURCE = fileURLToPath(new URL("./libnice_peer.c", import.meta.url));

/** The C program, compiled into a folder of its own. */
export interface DeviceProgram {
  readonly path: string;
  remove(): Promise<void>;
}

/** Compiles `libnice_peer.c`, or says in a few words what is missing. */
export async function compileDevice(): Promise<DeviceProgram | string> {
  const run = promisify(execFile);
  const flags = await run("pkg-config", ["--cflags", "--libs", "nice"]).catch(() => undefined);
  if (flags === undefined) return "needs pkg-config and libnice-dev";
  if (await run("cc", ["--version"]).catch(() => undefined) === undefined) return "needs cc";
  const folder = await mkdtemp(join(tmpdir(), "sightline-libnice-"));
  const path = join(folder, "libnice_peer");
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  await run("cc", ["-O2", ...warnings, SOURCE, "-o", path, ...flags.stdout.trim().split(/\s+/)]);
  return { path, remove: () => rm(folder, { recursive: true }) };
}

export interface DeviceOptions {
  /** What the device does with the first realm bound: sends that many bytes, or takes them. */
  readonly role: "source" | "sink";
  readonly bytes: number;
  readonly seed: number;
  /** Largest body of a segment. libnice's own is 1284, which no message of 12 + 1280 fits in. */
  readonly mss: number;
}

/** A running device. */
export interface Device {
  /** On 127.0.0.1. */
  readonly port: number;
  /** SHA-256 of all bytes sent or received, in hex. Rejects when the program ends before. */
  readonly sha256: Promise<string>;
  stop(): void;
}

/** Starts a device and waits until it listens. */
export async function startDevice(path: string, options: DeviceOptions): Promise<Device> {
  const { role, bytes, seed, mss } = options;
  const args = ["--mss", mss, "--seed", seed, `--${role}`, bytes].map(String);
  const child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"] });
  const port = said(child, "PORT");
  const sha256 = said(child, "SHA256");
  // Whoever awaits it sees the failure; nobody has to.
  sha256.catch(() => {});
  return { port: Number(await port), sha256, stop: () => child.stdin.end() };
}

/** What the program prints behind `word`. */
function said(child: ChildProcess, word: string): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("Cannot read as output must be piped");
  return new Promise((resolve, reject) => {
    let errors = "";
    stderr.on("data", (chunk) => errors += String(chunk));
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`The device ended with ${code}: ${errors}`)));
    createInterface({ input: stdout }).on("line", (line) => {
      if (line.startsWith(`${word} `)) resolve(line.slice(word.length + 1));
    });
  });
}
