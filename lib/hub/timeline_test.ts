import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIO, picture, sound, VIDEO } from "../../tests/support/fake_source.ts";
import { Timeline } from "./timeline.ts";

const SECOND = 1_000;

/** A timeline, and what it makes of units that come at some second with a timestamp of another. */
function timeline() {
  const line = new Timeline([VIDEO, AUDIO]);
  const place = (at: number, unit: ReturnType<typeof picture>, rate: number) =>
    Math.round(1_000 * (line.place(at * SECOND, unit)?.timestamp ?? NaN) / rate) / 1_000;
  return {
    line,
    video: (at: number, seconds: number) => place(at, picture(seconds, true), VIDEO.clockRate),
    audio: (at: number, seconds: number) => place(at, sound(seconds), AUDIO.clockRate),
  };
}

test("Timeline begins with zero, and keeps pictures out of order and late sound as they are", () => {
  const { video, audio } = timeline();
  const times = [video(9, 500), video(9.04, 500.16), video(9.08, 500.04), audio(9.1, 499.5)];
  assert.deepEqual(times, [0, 0.16, 0.04, 0]);
  assert.deepEqual([video(9.12, 500.08), audio(9.2, 500.1)], [0.08, 0.1]);
});

test("Timeline goes on with the clock when timestamps jump far, or back by little", () => {
  for (const jump of [3_600, 5, -1.5, -5, -400]) {
    const { video, audio } = timeline();
    assert.deepEqual([video(0, 500), audio(0, 500), video(0.04, 500.04)], [0, 0, 0.04]);
    const after = [video(0.08, 500.08 + jump), audio(0.08, 500.08 + jump)];
    assert.deepEqual(after, [0.08, 0.08], `jump of ${jump} s`);
    assert.deepEqual([video(1, 501 + jump), audio(1, 501 + jump)], [1, 1], `jump of ${jump} s`);
  }
});

test("Timeline takes a burst after a pause as what it is", () => {
  const { video } = timeline();
  const times = [video(0, 500), video(2.5, 500.5), video(2.5, 501), video(2.5, 502), video(3, 503)];
  assert.deepEqual(times, [0, 0.5, 1, 2, 3]);
});

test("Timeline goes on with the clock when the source starts over", () => {
  const { line, video, audio } = timeline();
  assert.deepEqual([video(0, 500), audio(0.5, 500.5)], [0, 0.5]);
  line.restart();
  assert.deepEqual([video(4, 7), audio(4, 7), video(5, 8)], [4, 4, 5]);
});
