import assert from "node:assert/strict";
import { test } from "node:test";
import { seqAdd, seqDiff, seqLess, seqLessOrEqual } from "./seq.ts";

const LAST = 0xffffffff;

test("seqAdd() wraps around in both directions", () => {
  assert.equal(seqAdd(LAST, 1), 0);
  assert.equal(seqAdd(LAST, 100), 99);
  assert.equal(seqAdd(0, -1), LAST);
});

test("seqDiff() is the signed distance, also across the wrap", () => {
  assert.equal(seqDiff(5, LAST), 6);
  assert.equal(seqDiff(LAST, 5), -6);
  assert.equal(seqDiff(0x7fffffff, 0), 0x7fffffff);
  assert.equal(seqDiff(0x80000000, 0), -0x80000000);
});

test("seqLess() and seqLessOrEqual() order numbers across the wrap", () => {
  assert.ok(seqLess(LAST, 0) && !seqLess(0, LAST) && !seqLess(7, 7));
  assert.ok(seqLessOrEqual(LAST, 0) && !seqLessOrEqual(0, LAST) && seqLessOrEqual(7, 7));
});
