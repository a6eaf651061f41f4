import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { runProgram } from "./programs.ts";

const skip = process.platform === "win32" && "there is no sh";

test("runProgram() tells how a program ended and what it said", { skip }, async () => {
  const result = await runProgram(["sh", "-c", "echo out; echo err >&2; exit 3"], 10_000);
  assert.deepEqual(result, { code: 3, stdout: "out\n", stderr: "err\n" });
});

test("runProgram() tells of a program there is not", async () => {
  const { code, stderr } = await runProgram(["sightline-no-such-program"], 10_000);
  assert.equal(code, undefined);
  assert.notEqual(stderr, "");
});

test("runProgram() kills a program that takes too long", { skip }, async () => {
  const started = performance.now();
  const { code } = await runProgram(["sleep", "60"], 200);
  assert.equal(code, undefined);
  assert.ok(performance.now() - started < 10_000);
});
