import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_DROPOUT, MAX_MISORDER, SequenceTracker } from "./sequence_tracker.ts";

/** What a tracker says to the last of these numbers. */
function last(...numbers: readonly number[]): unknown {
  const tracker = new SequenceTracker();
  return numbers.map((number) => tracker.track(1, number)).at(-1);
}

test("SequenceTracker follows numbers round 2¹⁶", () => {
  assert.deepEqual(last(65_534), { type: "next" });
  assert.deepEqual(last(65_534, 65_535, 0), { type: "next" });
  assert.deepEqual(last(65_534, 2), { type: "gap", lost: 3 });
});

test("SequenceTracker tells loss, lateness and a new beginning apart", () => {
  assert.deepEqual(last(5, 5), { type: "late" });
  assert.deepEqual(last(500, 500 - MAX_MISORDER), { type: "late" });
  assert.deepEqual(last(500, 500 - MAX_MISORDER - 1), { type: "restart" });
  assert.deepEqual(last(0, MAX_DROPOUT - 1), { type: "gap", lost: MAX_DROPOUT - 2 });
  assert.deepEqual(last(0, MAX_DROPOUT), { type: "restart" });
  assert.deepEqual(last(0, MAX_DROPOUT, MAX_DROPOUT + 1), { type: "next" });
  assert.deepEqual(last(10, 9, 11), { type: "next" }, "a late one changes nothing");
});

test("SequenceTracker takes another SSRC for a new beginning", () => {
  const tracker = new SequenceTracker();
  tracker.track(1, 5);
  assert.deepEqual(tracker.track(2, 6), { type: "restart" });
  assert.deepEqual(tracker.track(2, 7), { type: "next" });
});
