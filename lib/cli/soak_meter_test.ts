import assert from "node:assert/strict";
import { test } from "node:test";
import { SoakMeter } from "./soak_meter.ts";

const HOUR = 3_600_000;

test("SoakMeter finds the longest gap, and one that lasts until the end", () => {
  const meter = new SoakMeter(1_000);
  for (const at of [1_040, 1_080, 3_080, 3_120]) meter.frame(at, 10);
  const { frames, bytes, longestGap, longestGapAt } = meter.report(3_200);
  assert.deepEqual({ frames, bytes, longestGap, longestGapAt }, {
    frames: 4,
    bytes: 40,
    longestGap: 2_000,
    longestGapAt: 80,
  });
  assert.equal(meter.report(10_000).longestGap, 6_880);
});

test("SoakMeter tells growth from warming up, however many samples there are", () => {
  for (const count of [100, 5_000]) {
    const meter = new SoakMeter(0);
    const end = 10 * HOUR;
    for (let i = 0; i <= count; i++) {
      const at = i * end / count;
      const warm = at < HOUR ? 50_000_000 : 100_000_000 + 1_000_000 * at / HOUR;
      const stats = { heapBytes: 0, uptimeSeconds: 0, cpuSeconds: at / 4_000 };
      meter.sample(at, { ...stats, residentBytes: warm });
    }
    const { memorySlope, cpu } = meter.report(end);
    assert.ok(Math.abs(memorySlope - 1_000_000) < 1, `${memorySlope}`);
    assert.ok(Math.abs(cpu - 0.25) < 0.001);
  }
});
