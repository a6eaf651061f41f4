import assert from "node:assert/strict";
import { test } from "node:test";
import { connectWait, RttEstimator } from "./rtt.ts";

const LIMITS = { initial: 1_000, min: 250, max: 4_000 };

test("RttEstimator follows RFC 6298 with gains of 1/8 and 1/4", () => {
  const rtt = new RttEstimator(LIMITS);
  assert.deepEqual([rtt.srtt, rtt.rto], [undefined, 1_000]);
  rtt.sample(200);
  assert.deepEqual([rtt.srtt, rtt.rto], [200, 200 + 4 * 100]);
  rtt.sample(280);
  assert.deepEqual([rtt.srtt, rtt.rto], [210, 210 + 4 * 95]);
});

test("RttEstimator keeps its timeout within its limits", () => {
  const rtt = new RttEstimator(LIMITS);
  rtt.sample(0);
  assert.equal(rtt.rto, 250);
  rtt.sample(60_000);
  assert.equal(rtt.rto, 4_000);
});

test("RttEstimator.backOff() doubles the timeout until the next sample", () => {
  const rtt = new RttEstimator(LIMITS);
  rtt.sample(100);
  const before = rtt.rto;
  rtt.backOff();
  rtt.backOff();
  assert.equal(rtt.rto, 4 * before);
  for (let i = 0; i < 8; i++) rtt.backOff();
  assert.equal(rtt.rto, 4_000);
  rtt.sample(100);
  assert.ok(rtt.rto < 300);
});

test("connectWait() repeats a connect after 0.5, 1, then every 2 s", () => {
  assert.deepEqual([1, 2, 3, 4, 30].map(connectWait), [500, 1_000, 2_000, 2_000, 2_000]);
});
