/**
 * Runs a runtime that this project pins, installing it first where it is missing:
 *
 *     node scripts/run_tool.mjs deno task ok
 *     node scripts/run_tool.mjs bun main.ts demo
 *     node scripts/run_tool.mjs                      only installs
 *
 * Plain JavaScript for Node, because at this point Node and npm are all there is.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TOOLS = join(ROOT, "scripts", "tools");
const BIN = join(TOOLS, "node_modules", ".bin");

/** Under Windows, too, Bun's npm package names its binary `bun.exe`. */
const BINARIES = {
  deno: join(TOOLS, "node_modules", "deno", process.platform === "win32" ? "deno.exe" : "deno"),
  bun: join(TOOLS, "node_modules", "bun", "bin", "bun.exe"),
};

const [tool, ...args] = process.argv.slice(2);
if (tool !== undefined && !Object.hasOwn(BINARIES, tool)) {
  fail(`Cannot run tool as it must be one of ${Object.keys(BINARIES).join(", ")}: ${tool}`);
}
for (const folder of [ROOT, TOOLS]) install(folder);
if (tool !== undefined) run(BINARIES[tool], args);

/** Installs what the lock file in `folder` names, unless that very lock file is installed. */
function install(folder) {
  const lock = createHash("sha256").update(readFileSync(join(folder, "package-lock.json")));
  const wanted = lock.digest("hex");
  const stamp = join(folder, "node_modules", ".installed-lock");
  if (readText(stamp) === wanted) return;
  // Install scripts are off as npm's policy on them differs by version and by user; the two that
  // matter put the binaries in place and are called here, by name.
  mustRun(
    "npm",
    ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
    folder,
  );
  if (folder === TOOLS) {
    mustRun(process.execPath, ["install.cjs"], join(TOOLS, "node_modules", "deno"));
    mustRun(process.execPath, ["install.js"], join(TOOLS, "node_modules", "bun"));
  }
  writeFileSync(stamp, wanted);
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Runs a command, its output on stderr so that stdout stays the tool's own. */
function mustRun(command, commandArgs, cwd) {
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, commandArgs, { cwd, shell, stdio: [0, 2, 2] });
  if (status !== 0) fail(`Cannot install tools as "${command}" failed: ${error ?? status}`);
}

/** Becomes the tool as far as Node can: same terminal, signals passed on, same exit code. */
function run(binary, toolArgs) {
  const env = { ...process.env, PATH: BIN + delimiter + process.env.PATH };
  const child = spawn(binary, toolArgs, { stdio: "inherit", env });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.on("SIGHUP", () => child.kill("SIGHUP"));
  // A terminal interrupts the whole group, so the tool has its own; at once a second one would read
  // as an impatient user. Later it does no harm to a tool that was not interrupted.
  process.on("SIGINT", () => setTimeout(() => child.kill("SIGINT"), 3_000));
  // npm, asked to terminate, leaves what it runs behind.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 500);
  child.on("error", (error) => fail(`Cannot run tool: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
