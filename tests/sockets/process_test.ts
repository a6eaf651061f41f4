import { test } from "node:test";
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Starts a program of `programs/` on the runtime this test runs on. */
function start(name: string, ...args: string[]): ChildProcessWithoutNullStreams {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const run = "Deno" in globalThis ? ["run", "-A"] : [];
  // So that a program that hangs does not outlive a failed test.
  const limits = { timeout: 20_000, killSignal: "SIGKILL" } as const;
  const child = spawn(process.execPath, [...run, path, ...args], limits);
  child.stdout.setEncoding("utf8");
  child.stderr.setEncoding("utf8");
  return child;
}

/** Not `child.kill()`: on Deno it works once, and makes any end look like one by that signal. */
function raise(child: ChildProcessWithoutNullStreams, signal: "SIGINT" | "SIGTERM"): void {
  assert.ok(child.pid !== undefined);
  process.kill(child.pid, signal);
}

async function exitCode(child: ChildProcessWithoutNullStreams): Promise<unknown> {
  const [code] = await once(child, "close");
  return code;
}

/** Resolves once the program has written this to standard output. */
function wrote(child: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  let seen = "";
  return new Promise((resolve) => {
    child.stdout.on("data", (chunk: string) => {
      seen += chunk;
      if (seen.includes(text)) resolve();
    });
  });
}

function readErrors(child: ChildProcessWithoutNullStreams): () => string {
  let seen = "";
  child.stderr.on("data", (chunk: string) => seen += chunk);
  return () => seen;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`a program that closes its sockets on ${signal} ends by itself`, async () => {
    const child = start("stop.ts");
    const errors = readErrors(child);
    await wrote(child, "ready");
    raise(child, signal);
    assert.equal(await exitCode(child), 0);
    assert.equal(errors(), "");
  });
}

test("a program that does not stop on the first signal exits on the second", async () => {
  const child = start("stop.ts", "stuck");
  await wrote(child, "ready");
  const stopping = wrote(child, "stopping");
  raise(child, "SIGINT");
  await stopping;
  raise(child, "SIGTERM");
  assert.equal(await exitCode(child), 143);
});

test("a program whose standard output nobody reads any more goes on", async () => {
  const child = start("lines.ts");
  const errors = readErrors(child);
  await wrote(child, "a line\n");
  child.stdout.destroy();
  assert.equal(await exitCode(child), 0);
  assert.equal(errors(), "nobody reads\n");
});

test("a program that throws while it handles a datagram fails with that error", async () => {
  const child = start("throw.ts");
  const errors = readErrors(child);
  assert.equal(await exitCode(child), 1);
  assert.match(errors(), /a bug in a handler/);
});

const inputs = [
  ["front\nyard\n", 'read "front\\nyard\\n"'],
  ["", 'read ""'],
  ["more than twelve", "FileError: Cannot read standard input as it must have at most 12 bytes"],
] as const;
for (const [input, output] of inputs) {
  test(`readStdin() answers ${JSON.stringify(input)} with ${output.slice(0, 10)}`, async () => {
    const child = start("stdin.ts");
    const done = wrote(child, `${output}\n`);
    child.stdin.end(input);
    assert.equal(await exitCode(child), 0);
    await done;
  });
}
