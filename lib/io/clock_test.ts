import { test } from "node:test";
import assert from "node:assert/strict";
import { systemClock } from "./clock.ts";

test("systemClock never goes back", () => {
  let last = systemClock.now();
  for (let i = 0; i < 1000; i++) {
    const now = systemClock.now();
    assert.ok(now >= last);
    last = now;
  }
});

test("systemClock knows the time of day", () => {
  assert.ok(Math.abs(systemClock.wallClock() - Date.now()) < 1000);
});

test("setTimer() never calls back early", async () => {
  for (const delay of [0, 0.4, 1.7, 3]) {
    const start = systemClock.now();
    await new Promise<void>((resolve) => systemClock.setTimer(delay, resolve));
    const waited = systemClock.now() - start;
    assert.ok(waited >= delay, `waited ${waited} of ${delay} ms`);
  }
});

test("setTimer() calls back soon when the delay is negative", async () => {
  await new Promise<void>((resolve) => systemClock.setTimer(-5, resolve));
});

test("setTimer() does not call back after it was cancelled", async () => {
  let called = 0;
  const cancel = systemClock.setTimer(1, () => called++);
  cancel();
  await new Promise<void>((resolve) => systemClock.setTimer(5, resolve));
  assert.equal(called, 0);
});

for (const days of [25, 60, Infinity]) {
  test(`setTimer() waits for ${days} days, longer than a runtime's timer can`, async () => {
    let called = 0;
    const cancel = systemClock.setTimer(days * 86_400_000, () => called++);
    await new Promise<void>((resolve) => systemClock.setTimer(5, resolve));
    cancel();
    assert.equal(called, 0);
  });
}
