import assert from "node:assert/strict";
import { test } from "node:test";
import { BinaryMarks, MARK_LIFETIME, MAX_MARKS } from "./binary_marks.ts";

test("BinaryMarks tells marked messages by id and number", () => {
  const marks = new BinaryMarks();
  marks.set(0, 3, 7, true);
  assert.ok(marks.has(0, 3, 7));
  assert.ok(!marks.has(0, 109, 7));
  assert.ok(!marks.has(0, 3, 8));
  marks.set(0, 3, 7, false);
  assert.ok(!marks.has(0, 3, 7));
});

test("BinaryMarks forgets what was not used for long, once it is asked for", () => {
  const marks = new BinaryMarks();
  marks.set(0, 3, 7, true);
  assert.ok(!marks.has(MARK_LIFETIME + 1, 3, 7));
  assert.equal(marks.size, 0);
});

test("BinaryMarks drops the mark not used for longest when there are too many", () => {
  const marks = new BinaryMarks();
  for (let num = 0; num < MAX_MARKS; num++) marks.set(0, 3, num, true);
  assert.ok(marks.has(0, 3, 0));
  marks.set(0, 3, MAX_MARKS, true);
  assert.equal(marks.size, MAX_MARKS);
  assert.ok(marks.has(0, 3, 0));
  assert.ok(!marks.has(0, 3, 1));
});
