import assert from "node:assert/strict";
import { test } from "node:test";
import { KEPT, sparkline, Throughput } from "./throughput.js";

test("Throughput makes rates of a counter read now and then, and begins anew with the daemon", () => {
  const throughput = new Throughput();
  for (const [at, bytes] of [[0, 500], [2_000, 2_500], [3_000, 9_000], [4_000, 2_500]] as const) {
    throughput.push(at, bytes);
  }
  assert.deepEqual([throughput.rates, throughput.now, throughput.peak], [[1_000, 0], 0, 1_000]);
  throughput.push(6_000, 10);
  throughput.push(8_000, 210);
  assert.equal(throughput.now, 100);
});

test("Throughput keeps a limited number of rates", () => {
  const throughput = new Throughput();
  for (let i = 0; i <= 2 * KEPT; i++) throughput.push(2_000 * i, 10 * i);
  assert.equal(throughput.rates.length, KEPT);
});

test("sparkline() ends at the right edge, its highest point at the top", () => {
  assert.equal(sparkline([5], 59, 20), "");
  assert.equal(sparkline([0, 10, 5], 59, 20), "M57.0 19.0L58.0 1.0L59.0 10.0");
  assert.equal(sparkline([0, 0], 59, 20), "M58.0 19.0L59.0 19.0");
});
