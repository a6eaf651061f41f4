import assert from "node:assert/strict";
import { test } from "node:test";
import { CameraClock } from "./camera_clock.ts";

const WRAP = 2 ** 32;
const STEP = 40_000;

/** Where the clock puts pictures made at these microseconds, each on time. */
function placeAll(
  counters: readonly number[],
  { clock = new CameraClock(), from = 0 } = {},
): number[] {
  return counters.map((counter, i) => clock.place(from + 40 * i, counter % WRAP));
}

function every(step: number, count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + step * i);
}

test("CameraClock counts from the first picture", () => {
  assert.deepEqual(placeAll(every(STEP, 5, 123_456_789)), every(STEP, 5));
});

test("CameraClock goes on when the counter wraps around", () => {
  const clock = new CameraClock();
  assert.deepEqual(placeAll(every(STEP, 40, WRAP - 20 * STEP), { clock }), every(STEP, 40));
  assert.equal(clock.leaps, 0);
});

test("CameraClock wraps around many times", () => {
  const step = 30 * 60 * 1_000_000;
  const clock = new CameraClock();
  const places = every(step, 50).map((counter, i) => clock.place(i * step / 1_000, counter % WRAP));
  assert.deepEqual(places, every(step, 50));
});

test("CameraClock puts a picture made before the latest right behind it", () => {
  for (const from of [5_000, WRAP - 70_000]) {
    const made = [0, 40_000, 80_000, 60_000, 60_000, 100_000];
    const places = placeAll(made.map((at) => at + from));
    assert.deepEqual(places.map(Math.round), [0, 40_000, 80_000, 80_011, 80_022, 100_000]);
  }
});

test("CameraClock goes on by our own clock after a leap", () => {
  for (const leap of [-2_000_000, -1_800e6, 300e6, 1_800e6]) {
    const clock = new CameraClock();
    const before = every(STEP, 5, 2_000e6);
    const after = every(STEP, 5, 2_000e6 + 4 * STEP + leap);
    const places = placeAll([...before, ...after], { clock });
    assert.deepEqual(places, every(STEP, 10), `${leap}`);
    assert.equal(clock.leaps, 1);
  }
});

test("CameraClock tells a camera that started again from one whose counter wrapped around", () => {
  // By the counter alone, these are 13 minutes apart.
  const parts = [3_500e6, 100, 2_000e6].flatMap((from) => every(STEP, 10, from));
  const clock = new CameraClock();
  assert.deepEqual(placeAll(parts, { clock }), every(STEP, 30));
  assert.equal(clock.leaps, 2);
});

test("CameraClock lets pictures be missing for as long as that took", () => {
  const clock = new CameraClock();
  assert.equal(clock.place(0, 0), 0);
  assert.equal(clock.place(300_000, 300e6), 300e6);
  assert.equal(clock.leaps, 0);
});

test("CameraClock.restart() forgets the counter, not where it was", () => {
  const clock = new CameraClock();
  placeAll(every(STEP, 10, 500e6), { clock });
  clock.restart();
  const places = placeAll(every(STEP, 3, 7_000), { clock, from: 1_000 });
  assert.deepEqual(places, every(STEP, 3, 1_000_000));
  assert.equal(clock.leaps, 0);
});
