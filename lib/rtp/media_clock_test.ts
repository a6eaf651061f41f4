import assert from "node:assert/strict";
import { test } from "node:test";
import { MediaClock } from "./media_clock.ts";

const VIDEO = { id: 0, clockRate: 90_000 };
const AUDIO = { id: 1, clockRate: 16_000 };

test("MediaClock takes the timestamps the sender says playing begins at, across their wrap", () => {
  const clock = new MediaClock([
    { ...VIDEO, rtpTime: 2 ** 32 - 90_000 },
    { ...AUDIO, rtpTime: 500 },
  ]);
  assert.equal(clock.place(1_000, 0, 0), 90_000, "a second after it began");
  assert.equal(clock.place(1_300, 1, 500), 0);
});

test("MediaClock goes by arrival where one track's beginning is not told", () => {
  const clock = new MediaClock([{ ...VIDEO, rtpTime: 7 }, { ...AUDIO, rtpTime: undefined }]);
  assert.equal(clock.place(1_000, 0, 123_456), 0);
  assert.equal(clock.place(1_500, 1, 9_999), 8_000);
  assert.equal(clock.place(1_540, 0, 123_456 + 3_600), 3_600);
});

test("MediaClock puts sound in step with picture by the first sender reports, once", () => {
  const clock = new MediaClock([{ ...VIDEO, rtpTime: undefined }, {
    ...AUDIO,
    rtpTime: undefined,
  }]);
  clock.place(0, 0, 0);
  clock.place(0, 1, 0);
  // At the sender, sound that bears 0 was made 250 ms after the picture that bears 0.
  clock.report(0, 1_000_000, 0);
  assert.equal(clock.place(10, 1, 160), 160, "not before both have reported");
  clock.report(1, 1_000_250, 0);
  assert.equal(clock.place(20, 1, 320), 320 + 4_000);
  clock.report(1, 1_009_250, 0);
  assert.equal(clock.place(30, 1, 480), 480 + 4_000);
});

test("MediaClock does not believe sender reports that make no sense", () => {
  const clock = new MediaClock([{ ...VIDEO, rtpTime: undefined }, {
    ...AUDIO,
    rtpTime: undefined,
  }]);
  clock.place(0, 0, 0);
  clock.place(0, 1, 0);
  clock.report(0, 1_000_000, 0);
  clock.report(1, 0, 0);
  assert.equal(clock.place(20, 1, 320), 320);
  clock.report(7, 0, 0);
  assert.equal(clock.place(20, 7, 320), undefined);
});

test("MediaClock.restart() goes by arrival again when a sender has begun anew", () => {
  const clock = new MediaClock([{ ...VIDEO, rtpTime: 100 }, { ...AUDIO, rtpTime: 0 }]);
  assert.equal(clock.place(0, 0, 100), 0);
  clock.restart(0);
  assert.equal(clock.place(2_000, 0, 777_777), 180_000);
});
