import assert from "node:assert/strict";
import { test } from "node:test";
import { SpareBuffer } from "./spare_buffer.ts";

test("SpareBuffer gives the same bytes again once they are given back", () => {
  const spare = new SpareBuffer();
  const first = spare.take(1_000);
  spare.giveBack(first);
  const second = spare.take(2_000);
  assert.deepEqual([first.byteLength, second.byteLength], [1_000, 2_000]);
  assert.equal(second.buffer, first.buffer);
});

test("SpareBuffer gives other bytes while the first are in use, whatever else is given back", () => {
  const spare = new SpareBuffer();
  const first = spare.take(1_000);
  const second = spare.take(1_000);
  spare.giveBack(second);
  spare.giveBack(new Uint8Array(1_000));
  const third = spare.take(1_000);
  assert.equal(new Set([first.buffer, second.buffer, third.buffer]).size, 3);
});

test("SpareBuffer grows up to its limit, and keeps nothing larger", () => {
  const spare = new SpareBuffer();
  const small = spare.take(1_000);
  spare.giveBack(small);
  const large = spare.take(60_000);
  assert.notEqual(large.buffer, small.buffer);
  spare.giveBack(large);
  const huge = spare.take(1_000_000);
  assert.equal(huge.buffer.byteLength, 1_000_000);
  spare.giveBack(huge);
  assert.equal(spare.take(1_000_000).buffer === huge.buffer, false);
  assert.equal(spare.take(60_000).buffer, large.buffer);
});
