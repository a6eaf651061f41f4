import assert from "node:assert/strict";
import { test } from "node:test";
import { h264ProfileLevelId } from "../../media/h264.ts";
import { loadClip } from "./clip.ts";

const clip = loadClip();

function unitsOf(trackId: number) {
  return clip.units.map(({ unit }) => unit).filter((unit) => unit.trackId === trackId);
}

test("loadClip() gives H.264 High without B-frames and AAC-LC, 16 s of each", () => {
  const [video, audio] = clip.tracks;
  assert.ok(video?.codec === "H264" && audio?.codec === "MPEG4-GENERIC");
  assert.equal(h264ProfileLevelId(video.sps)[0], 100);
  assert.deepEqual([audio.clockRate, audio.channels, [...audio.config]], [16_000, 1, [0x14, 0x08]]);
  assert.deepEqual([unitsOf(video.id).length, unitsOf(audio.id).length], [400, 250]);
  assert.equal(clip.duration, 16_000);
});

test("loadClip() gives a key frame with its parameter sets every second", () => {
  const pictures = unitsOf(0);
  const keyframes = pictures.filter(({ keyframe }) => keyframe);
  assert.deepEqual(
    keyframes.map(({ timestamp }) => timestamp),
    Array.from({ length: 16 }, (_, second) => 90_000 * second),
  );
  assert.ok(keyframes.every(({ parts }) => parts.length === 3));
  assert.ok(pictures.every(({ keyframe, parts }) => keyframe || parts.length === 1));
});

test("loadClip() gives units in the order they are due, which their timestamps say too", () => {
  for (const [i, { dueAt, unit }] of clip.units.entries()) {
    assert.ok(i === 0 || dueAt >= (clip.units[i - 1]?.dueAt ?? 0));
    assert.equal(dueAt, 1000 * unit.timestamp / (clip.tracks[unit.trackId]?.clockRate ?? 0));
  }
});
