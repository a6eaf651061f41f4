import assert from "node:assert/strict";
import { test } from "node:test";
import { localTime, wallClockOf } from "./time.ts";

test("localTime() and wallClockOf() are each other's reverse, on both sides of Greenwich", () => {
  const wallClock = Date.UTC(2024, 1, 29, 23, 59, 58);
  for (const utcOffset of [-43_200, -18_000, 0, 19_800, 50_400]) {
    assert.equal(wallClockOf(localTime(wallClock, utcOffset)), wallClock);
  }
  const east = localTime(wallClock, 25_200);
  assert.deepEqual([east.month, east.day, east.hour], [3, 1, 6]);
});
