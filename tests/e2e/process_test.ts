import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ANYWHERE, withConfigFile } from "../support/serving.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const RUN = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];

test("sightline serve reads its file again on SIGHUP, and ends with 0 on SIGTERM", async () => {
  await withConfigFile(async (file, write) => {
    await write(ANYWHERE);
    const child = spawn(process.execPath, [...RUN, MAIN, "serve", "--config", file], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
    });
    const exited = once(child, "exit");
    const log: string[] = [];
    const applied = new Promise<void>((resolve) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        log.push(line);
        if (line.includes("configuration applied")) resolve();
      });
    });
    await once(createInterface({ input: child.stdout }), "line");
    assert.ok(child.pid !== undefined);
    await write({ ...ANYWHERE, cameras: { front: { address: "dahua://4K0123PAZ00001" } } });
    process.kill(child.pid, "SIGHUP");
    await applied;
    assert.match(log.at(-1) ?? "", /added front/);
    process.kill(child.pid, "SIGTERM");
    const [code] = await exited;
    assert.equal(code, 0, log.join("\n"));
  });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`sightline demo prints an address to play and ends with 0 on ${signal}`, async () => {
    const child = spawn(process.execPath, [
      ...RUN,
      MAIN,
      "demo",
      "--listen",
      "127.0.0.1:0",
      "--api",
      "127.0.0.1:0",
    ], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 20_000,
    });
    const exited = once(child, "exit");
    const log: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
    const opened = (async () => {
      for await (const line of createInterface({ input: child.stdout })) {
        if (/rtsp:\/\/127\.0\.0\.1:[1-9]\d+\/demo$/.test(line)) return true;
      }
      return false;
    })();
    assert.equal(await opened, true, log.join("\n"));
    assert.ok(child.pid !== undefined);
    // Not `child.kill()`: on Deno it makes any end look like one by that signal.
    process.kill(child.pid, signal);
    const [code] = await exited;
    assert.equal(code, 0, log.join("\n"));
    assert.doesNotMatch(log.join("\n"), /\bat .*\.ts:\d+/);
  });
}
