import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "./pause.js";

const HOUR = 3_600_000;

test("pause() ends when its signal is aborted, or was aborted before", async () => {
  const controller = new AbortController();
  const paused = pause(HOUR, controller.signal);
  controller.abort();
  await paused;
  await pause(HOUR, controller.signal);
});

test("pause() leaves no listener on its signal", async (t) => {
  const { signal } = new AbortController();
  const removed = t.mock.method(signal, "removeEventListener");
  await pause(0, signal);
  assert.equal(removed.mock.callCount(), 1);
});
