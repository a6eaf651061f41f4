import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDvi4 } from "../../media/dvi4.ts";
import { h264ProfileLevelId } from "../../media/h264.ts";
import { h265NalType } from "../../media/h265.ts";
import { decodeAdpcm } from "../../media/ima_adpcm.ts";
import { type Clip, CLIP_AUDIO, CLIP_VIDEO, loadClip } from "./clip.ts";
import { makeTone } from "./tone.ts";

const clip = loadClip();

function unitsOf(trackId: number, { units }: Clip = clip) {
  return units.map(({ unit }) => unit).filter((unit) => unit.trackId === trackId);
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

test("loadClip() gives H.265 over and over beside one run of AAC", () => {
  const h265 = loadClip({ video: "h265" });
  const [video, audio] = h265.tracks;
  assert.ok(video?.codec === "H265" && audio?.codec === "MPEG4-GENERIC");
  assert.deepEqual([video.vps, video.sps, video.pps].map(h265NalType), [32, 33, 34]);
  const pictures = unitsOf(video.id, h265);
  assert.deepEqual([pictures.length, unitsOf(audio.id, h265).length], [400, 250]);
  assert.deepEqual(
    pictures.map(({ timestamp, keyframe }) => [timestamp, keyframe]),
    Array.from({ length: 400 }, (_, i) => [3_600 * i, i % 25 === 0]),
  );
  assert.equal(pictures[0]?.parts, pictures[100]?.parts);
  for (const { keyframe, parts } of pictures) {
    const types = parts.map(h265NalType);
    assert.deepEqual(types, keyframe ? [32, 33, 34, types[3]] : [1]);
  }
  assert.equal(h265.duration, 16_000);
});

test("loadClip() gives ADPCM in blocks of 60 ms that follow each other, and sound like the tone", () => {
  const adpcm = loadClip({ audio: "adpcm" });
  const [video, audio] = adpcm.tracks;
  assert.ok(video?.codec === "H264" && audio?.codec === "packed");
  assert.deepEqual([audio.encoding, audio.clockRate], ["DVI4", 8_000]);
  const blocks = unitsOf(audio.id, adpcm);
  assert.deepEqual([unitsOf(video.id, adpcm).length, blocks.length], [1_200, 800]);
  assert.equal(adpcm.duration, 48_000);
  const tone = makeTone(8_000);
  let state = { predictor: 0, stepIndex: 0 };
  let worst = 0;
  for (const [i, { timestamp, parts: [payload] }] of blocks.entries()) {
    assert.equal(timestamp, 480 * i);
    const block = decodeDvi4(payload ?? new Uint8Array(0));
    assert.deepEqual(block.state, state);
    const { samples, after } = decodeAdpcm(block.state, block.nibbles);
    assert.equal(samples.length, 480);
    state = after;
    for (const [j, sample] of samples.entries()) {
      const at = (480 * i + j) % tone.length;
      // A tick begins faster than ADPCM can follow.
      if (at % 8_000 > 2_000) worst = Math.max(worst, Math.abs(sample - (tone[at] ?? 0)));
    }
  }
  assert.ok(worst < 300, `${worst}`);
});

test("loadClip() gives a picture without sound", () => {
  const silent = loadClip({ audio: "none" });
  assert.deepEqual([silent.tracks.length, silent.units.length], [1, 400]);
  assert.equal(silent.duration, 16_000);
});

test("loadClip() gives units in the order they are due, which their timestamps say too", () => {
  for (const video of CLIP_VIDEO) {
    for (const audio of CLIP_AUDIO) assertInOrder(loadClip({ video, audio }));
  }
});

function assertInOrder({ tracks, units }: Clip): void {
  for (const [i, { dueAt, unit }] of units.entries()) {
    assert.ok(i === 0 || dueAt >= (units[i - 1]?.dueAt ?? 0));
    assert.equal(dueAt, 1000 * unit.timestamp / (tracks[unit.trackId]?.clockRate ?? 0));
  }
}
