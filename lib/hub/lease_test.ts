import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../tests/support/virtual_clock.ts";
import { Lease } from "./lease.ts";

function lab() {
  const clock = new VirtualClock();
  let ends = 0;
  const lease = new Lease(clock, () => ends++);
  return { clock, lease, ends: () => ends };
}

test("Lease ends on time, once", () => {
  const { clock, lease, ends } = lab();
  assert.equal(lease.extend(10_000), "begun");
  assert.equal(lease.until, clock.wallClock() + 10_000);
  clock.pass(9_999);
  assert.equal(lease.isRunning, true);
  clock.pass(1);
  assert.deepEqual([lease.isRunning, ends()], [false, 1]);
  clock.pass(60_000);
  assert.equal(ends(), 1);
});

test("Lease is extended by repeats and never shortened", () => {
  const { clock, lease, ends } = lab();
  lease.extend(10_000);
  clock.pass(5_000);
  assert.equal(lease.extend(2_000), "unchanged");
  assert.equal(lease.extend(10_000), "extended");
  clock.pass(9_999);
  assert.equal(ends(), 0);
  clock.pass(1);
  assert.equal(ends(), 1);
  assert.equal(lease.extend(1_000), "begun");
});

test("Lease without end runs until it is ended", () => {
  const { clock, lease, ends } = lab();
  lease.extend(1_000);
  assert.equal(lease.extend(), "extended");
  assert.equal(lease.extend(1_000), "unchanged");
  assert.equal(lease.until, undefined);
  clock.pass(1e12);
  assert.equal(lease.isRunning, true);
  assert.equal(lease.end(), true);
  assert.equal(lease.end(), false);
  assert.deepEqual([ends(), clock.timers], [0, 0]);
});
