import assert from "node:assert/strict";
import { test } from "node:test";
import { Turnstile } from "./turnstile.ts";

test("Turnstile.pass() runs tasks one at a time, in order, whatever becomes of them", async () => {
  const turnstile = new Turnstile();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = turnstile.pass(async () => {
    log.push("first begins");
    await gate.promise;
    log.push("first ends");
    throw new Error("it failed");
  });
  const second = turnstile.pass(() => {
    log.push("second");
    return Promise.resolve(2);
  });
  gate.resolve();
  await assert.rejects(first, /it failed/);
  assert.equal(await second, 2);
  assert.deepEqual(log, ["first begins", "first ends", "second"]);
});
