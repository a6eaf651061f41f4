import assert from "node:assert/strict";
import { test } from "node:test";
import { AUDIO, picture, sound, VIDEO } from "../../../tests/support/fake_source.ts";
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

test("Timeline takes a burst after a pause as what it is, however long that was", () => {
  for (const pause of [2.5, 4.5]) {
    const { video, audio } = timeline();
    assert.deepEqual([video(0, 500), audio(0, 500)], [0, 0]);
    const burst = [video(pause, 500.5), audio(pause, 500.5), video(pause, 501), video(pause, 502)];
    assert.deepEqual([...burst, video(pause, 503)], [0.5, 0.5, 1, 2, 3]);
  }
});

test("Timeline takes a track that begins far behind the others as one whose clock has jumped", () => {
  const { video, audio } = timeline();
  assert.deepEqual([video(0, 500), audio(0.04, 100)], [0, 0.04]);
});

test("Timeline goes on with the clock when the source starts over", () => {
  const { line, video, audio } = timeline();
  assert.deepEqual([video(0, 500), audio(0.5, 500.5)], [0, 0.5]);
  line.restart();
  assert.deepEqual([video(4, 7), audio(4, 7), video(5, 8)], [4, 4, 5]);
});
