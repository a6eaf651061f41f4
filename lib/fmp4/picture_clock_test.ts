import assert from "node:assert/strict";
import { test } from "node:test";
import { Dice } from "../../tests/support/random_scenario.ts";
import { PictureClock } from "./picture_clock.ts";

/** Decode time, duration and offset of pictures shown at these times, by a clock of 100 a second. */
function place(...shownAt: readonly number[]): number[][] {
  const clock = new PictureClock(100);
  return shownAt.map((at) => {
    const { decodeAt, duration, offset } = clock.place(at);
    return [decodeAt, duration, offset];
  });
}

test("PictureClock has nothing to correct where pictures come as was guessed", () => {
  assert.deepEqual(place(0, 4, 8, 12), [[0, 4, 0], [4, 4, 0], [8, 4, 0], [12, 4, 0]]);
});

test("PictureClock learns another rate from the second picture", () => {
  assert.deepEqual(place(0, 10, 20, 30), [[0, 4, 0], [4, 16, 6], [20, 10, 0], [30, 10, 0]]);
});

test("PictureClock shows pictures on time behind a hole, and keeps the rate of before", () => {
  assert.deepEqual(place(0, 4, 504, 508), [[0, 4, 0], [4, 4, 0], [8, 500, 496], [508, 4, 0]]);
});

test("PictureClock shows pictures in another order than they are decoded in", () => {
  const shownAt = [0, 12, 4, 8, 24, 16, 20];
  const placed = place(...shownAt);
  assert.deepEqual(placed.map(([at = 0, , offset = 0]) => at + offset), shownAt);
});

test("PictureClock never leaves a hole between decode times, whatever the camera's clock does", () => {
  const dice = new Dice(7);
  const clock = new PictureClock(90_000);
  let at = 0;
  let next = 0;
  for (let picture = 0; picture < 2_000; picture++) {
    const { decodeAt, duration, offset } = clock.place(at);
    assert.equal(decodeAt, next);
    assert.equal(decodeAt + offset, at);
    assert.ok(duration >= 1);
    next = decodeAt + duration;
    at += dice.chance(0.01) ? dice.upTo(900_000) : dice.upTo(7_200) - 1_000;
  }
});
