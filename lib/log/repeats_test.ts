import assert from "node:assert/strict";
import { test } from "node:test";
import { Repeats } from "./repeats.ts";

const MINUTE = 60_000;
const NEWS = { repeats: undefined };

test("Repeats.note() tells a thing once in ten minutes, and how often it happened meanwhile", () => {
  const repeats = new Repeats();
  assert.deepEqual(repeats.note("a", 0), NEWS);
  assert.deepEqual(repeats.note("a", MINUTE), undefined);
  assert.deepEqual(repeats.note("b", MINUTE), NEWS);
  assert.deepEqual(repeats.note("a", 9 * MINUTE), undefined);
  assert.deepEqual(repeats.note("a", 10 * MINUTE), { repeats: 2 });
  assert.deepEqual(repeats.note("a", 11 * MINUTE), undefined);
  assert.deepEqual(repeats.note("b", 30 * MINUTE), NEWS, "it did not happen meanwhile");
  assert.deepEqual(repeats.note("b", 5 * MINUTE), NEWS, "the clock was set back");
});

test("Repeats.forget() makes everything news", () => {
  const repeats = new Repeats();
  repeats.note("a", 0);
  repeats.forget();
  assert.deepEqual(repeats.note("a", 1), NEWS);
});

test("Repeats keeps 256 things in mind, and forgets the oldest", () => {
  const repeats = new Repeats();
  for (let key = 0; key < 257; key++) assert.deepEqual(repeats.note(String(key), 0), NEWS);
  assert.deepEqual(repeats.note("256", 1), undefined);
  assert.deepEqual(repeats.note("1", 1), undefined);
  assert.deepEqual(repeats.note("0", 1), NEWS);
});
