import assert from "node:assert/strict";
import { test } from "node:test";
import type { CameraState, Way } from "../hub/camera_status.ts";
import type { EventData, HubEvent } from "../hub/hub_event.ts";
import { SoakMeter } from "./soak_meter.ts";

const HOUR = 3_600_000;

function told(data: EventData): HubEvent {
  return { ...data, id: 1, at: 0 };
}

function state(now: CameraState, way?: Way): HubEvent {
  return told({
    ...{ type: "state", camera: "a", state: now, previous: "idle", way, stage: undefined },
    ...{ error: undefined, retryAt: undefined, detail: undefined },
  });
}

function failure(): HubEvent {
  const error = { reason: "timeout", stage: "alive", detail: "", advice: "", at: 0 } as const;
  return told({ type: "error", camera: "a", error, retryAt: undefined });
}

test("SoakMeter finds the longest gap, and one that lasts until the end", () => {
  const run = (end: number) => {
    const meter = new SoakMeter(1_000, "relay");
    for (const at of [1_040, 1_080, 3_080, 3_120]) meter.frame(at, 10);
    const { frames, bytes, longestGap, longestGapAt, stalls, stalled } = meter.report(end);
    return { frames, bytes, longestGap, longestGapAt, stalls, stalled };
  };
  const first = { frames: 4, bytes: 40, longestGap: 2_000, longestGapAt: 80 };
  assert.deepEqual(run(3_200), { ...first, stalls: 1, stalled: 2_000 });
  const last = { longestGap: 6_880, longestGapAt: 2_120 };
  assert.deepEqual(run(10_000), { ...first, ...last, stalls: 2, stalled: 8_880 });
});

test("SoakMeter counts one rebuild however many attempts it took, and what was in vain", () => {
  const meter = new SoakMeter(0, "relay");
  const events = [
    ...[failure(), state("failed"), state("locating"), failure(), state("failed")],
    ...[state("locating"), state("starting", "relay"), state("open", "relay")],
  ];
  for (const event of events) meter.event(event);
  const { rebuilds, failures, wayChanges, restarts } = meter.report(1);
  assert.deepEqual([rebuilds, failures, wayChanges, restarts], [1, 2, 0, 0]);
});

test("SoakMeter tells a stream asked for again from a connection replaced", () => {
  const meter = new SoakMeter(0, "map");
  const stall = (renewed: boolean) => told({ type: "stall", camera: "a", path: "/a", renewed });
  for (const event of [stall(false), state("starting", "map"), state("open", "map")]) {
    meter.event(event);
  }
  for (const event of [stall(true), state("locating"), state("open", "map")]) meter.event(event);
  const { rebuilds, failures, restarts } = meter.report(1);
  assert.deepEqual([rebuilds, failures, restarts], [1, 0, 1]);
});

test("SoakMeter counts ways that change under a connection and from one to the next", () => {
  const meter = new SoakMeter(0, "relay");
  meter.event(told({ type: "way", camera: "a", way: "direct" }));
  meter.event(state("locating"));
  meter.event(state("starting", "relay"));
  meter.event(state("open", "relay"));
  assert.equal(meter.report(1).wayChanges, 2);
});

test("SoakMeter tells growth from warming up, however many samples there are", () => {
  for (const count of [100, 5_000]) {
    const meter = new SoakMeter(0, undefined);
    const end = 10 * HOUR;
    for (let i = 0; i <= count; i++) {
      const at = i * end / count;
      const warm = at < HOUR ? 50_000_000 : 100_000_000 + 1_000_000 * at / HOUR;
      const stats = { heapBytes: 0, uptimeSeconds: 0, cpuSeconds: at / 4_000 };
      meter.sample(at, { ...stats, residentBytes: warm });
    }
    const { memorySlope, cpu, residentBytes, maxResidentBytes } = meter.report(end);
    assert.ok(Math.abs((memorySlope ?? 0) - 1_000_000) < 1, `${memorySlope}`);
    assert.ok(Math.abs(cpu - 0.25) < 0.001);
    assert.deepEqual([residentBytes, maxResidentBytes], [110_000_000, 110_000_000]);
  }
});

test("SoakMeter takes garbage that comes and goes for no growth", () => {
  const meter = new SoakMeter(0, undefined);
  for (let at = 0; at <= HOUR; at += 10_000) {
    const residentBytes = 80_000_000 + 100_000_000 * ((at / 360_000) % 1) + at / 3_600;
    meter.sample(at, { heapBytes: 0, uptimeSeconds: 0, cpuSeconds: 0, residentBytes });
  }
  const { memorySlope, maxResidentBytes } = meter.report(HOUR);
  assert.ok(Math.abs(memorySlope ?? Infinity) < 4_000_000, `${memorySlope}`);
  assert.ok(maxResidentBytes > 170_000_000);
});

test("SoakMeter says nothing of growth after some minutes", () => {
  const meter = new SoakMeter(0, undefined);
  for (let at = 0; at < 1_200_000; at += 1_000) {
    meter.sample(at, { heapBytes: 0, uptimeSeconds: 0, cpuSeconds: 0, residentBytes: at });
  }
  assert.equal(meter.report(1_200_000).memorySlope, null);
});
