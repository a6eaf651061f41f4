import assert from "node:assert/strict";
import { test } from "node:test";
import { SoundClock } from "./sound_clock.ts";

const RATE = 8_000;
const BLOCK = 480;

interface Run {
  readonly seconds: number;
  /** What a second of sound takes by the camera's clock. */
  readonly pace?: number;
  readonly frameRate?: (second: number) => number;
  /** Seconds, by the camera's clock, in which there is no sound, or no picture. */
  readonly isMute?: (second: number) => boolean;
  readonly isDark?: (second: number) => boolean;
}

/** How far sound was from where it belonged, in milliseconds, block by block. */
function play(
  { seconds, pace = 1, frameRate = () => 15, isMute = () => false, isDark = () => false }: Run,
) {
  const clock = new SoundClock(RATE);
  const errors: number[] = [];
  const timestamps: number[] = [];
  let picture = 0;
  let nextSound = 0.01;
  for (let at = 0; at < seconds; at += 1 / frameRate(at)) {
    if (!isDark(at)) {
      picture = 1_000_000 * at;
      clock.observe(picture);
    }
    for (; nextSound < at + 1 / frameRate(at); nextSound += pace * BLOCK / RATE) {
      if (isMute(nextSound)) continue;
      const timestamp = clock.place(BLOCK, picture);
      if (timestamp === undefined) continue;
      timestamps.push(timestamp);
      errors.push(1_000 * (timestamp / RATE - nextSound));
    }
  }
  return { clock, errors, timestamps };
}

function worst(errors: readonly number[]): number {
  return Math.max(...errors.map(Math.abs));
}

test("SoundClock counts samples from the picture sound came behind", () => {
  const clock = new SoundClock(RATE);
  assert.deepEqual([1, 2, 3].map((n) => clock.place(BLOCK, n * 1_000_000)), [8_000, 8_480, 8_960]);
});

test("SoundClock leaves sound alone that runs with the pictures", () => {
  const { timestamps, clock } = play({ seconds: 600 });
  assert.deepEqual(timestamps, timestamps.map((_, i) => BLOCK * i));
  assert.equal(timestamps.length, 10_000);
  assert.equal(clock.jumps, 0);
});

test("SoundClock leaves sound alone when the camera makes fewer pictures at night", () => {
  const { timestamps } = play({ seconds: 600, frameRate: (at) => at < 200 ? 25 : 8 });
  assert.deepEqual(timestamps, timestamps.map((_, i) => BLOCK * i));
});

test("SoundClock keeps sound that is made too slowly or too fast in step, without a jump", () => {
  for (const pace of [1.004, 0.996, 1.000_2]) {
    const { errors, timestamps, clock } = play({ seconds: 3_600, pace });
    assert.ok(worst(errors) < 200, `${pace}: ${worst(errors)}`);
    assert.equal(clock.jumps, 0);
    const steps = timestamps.slice(1).map((at, i) => at - (timestamps[i] ?? 0));
    assert.ok(steps.every((step) => Math.abs(step - BLOCK) <= 5), `${pace}`);
  }
});

test("SoundClock takes sound up where pictures are after a silence", () => {
  const { errors, clock } = play({ seconds: 60, isMute: (at) => at > 20 && at < 30 });
  assert.equal(clock.jumps, 1);
  assert.ok(worst(errors.slice(-400)) < 150, `${worst(errors.slice(-400))}`);
});

test("SoundClock goes on while there are no pictures", () => {
  const { errors, clock } = play({ seconds: 60, isDark: (at) => at > 20 && at < 30 });
  assert.equal(clock.jumps, 0);
  assert.ok(worst(errors) < 150);
});

test("SoundClock leaves out sound that is seconds ahead of the pictures", () => {
  const clock = new SoundClock(RATE);
  const timestamps: number[] = [];
  const place = (picture: number) => {
    const timestamp = clock.place(BLOCK, picture);
    if (timestamp !== undefined) timestamps.push(timestamp);
  };
  // Five seconds at once, recorded before the first picture.
  for (let i = 0; i < 83; i++) place(0);
  for (let at = 0; at < 10; at += 0.06) {
    clock.observe(1_000_000 * at);
    place(1_000_000 * at);
  }
  assert.equal(clock.jumps, 1);
  assert.ok(timestamps.every((at, i) => at > (timestamps[i - 1] ?? -1)), "time never goes back");
  assert.ok(Math.abs((timestamps.at(-1) ?? 0) / RATE - 10) < 0.2, `${timestamps.at(-1)}`);
});

test("SoundClock.restart() begins with the next picture, and never goes back", () => {
  const clock = new SoundClock(RATE);
  assert.equal(clock.place(BLOCK, 1_000_000), 8_000);
  clock.restart();
  assert.equal(clock.place(BLOCK, 3_000_000), 24_000);
  clock.restart();
  assert.equal(clock.place(BLOCK, 2_990_000), undefined);
  assert.equal(clock.place(BLOCK, 2_990_000), 24_400);
});
