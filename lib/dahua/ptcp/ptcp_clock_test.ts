import assert from "node:assert/strict";
import { test } from "node:test";
import { PtcpClock } from "./ptcp_clock.ts";

/** When a clock that started at 0 has wrapped around: its first stamp is 60 000. */
const WRAP = 2 ** 31 - 60_000;

test("PtcpClock.stamp() counts whole milliseconds from above zero, whatever the instant's zero", () => {
  const clock = new PtcpClock();
  assert.equal(clock.stamp(-5_000.25), 60_000);
  assert.equal(clock.stamp(-4_998.5), 60_001);
});

test("PtcpClock.stamp() wraps around in 31 bits", () => {
  const clock = new PtcpClock();
  clock.stamp(0);
  assert.equal(clock.stamp(WRAP - 1), 2 ** 31 - 1);
  assert.equal(clock.stamp(WRAP), 0);
  assert.equal(clock.stamp(WRAP + 250), 250);
});

test("PtcpClock.elapsedSince() is the age of a stamp, also across the wrap", () => {
  const clock = new PtcpClock();
  const stamp = clock.stamp(0);
  assert.equal(clock.elapsedSince(750, stamp), 750);
  const late = clock.stamp(WRAP - 100);
  assert.equal(clock.elapsedSince(WRAP + 200, late), 300);
});

test("PtcpClock.elapsedSince() knows stamps it cannot have made, and takes 0 for none", () => {
  const clock = new PtcpClock();
  const stamp = clock.stamp(0);
  assert.equal(clock.elapsedSince(0, stamp + 1), "future");
  assert.equal(clock.elapsedSince(0, 2 ** 31 + 5), "future");
  assert.equal(clock.elapsedSince(0, 0xffffffff), "future");
  assert.equal(clock.elapsedSince(0, 0), 0);
});
