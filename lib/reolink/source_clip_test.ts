/** The simulator's clip, as a camera would send it: for minutes, and through messages of any size. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { frameOf } from "../../tests/support/bcmedia_frames.ts";
import { concatBytes } from "../bytes/bytes.ts";
import type { AccessUnit, Track } from "../media/track.ts";
import { type Clip, type ClipOptions, loadClip } from "../sim/clip/clip.ts";
import { encodeFrame } from "./bcmedia/encode.ts";
import type { BcMediaFrame } from "./bcmedia/frame.ts";
import { PreviewSource } from "./source.ts";

const UPTIME = 2 ** 32 - 20e6;

/** The clip's units as frames in a row, with the counter wrapping around on the way. */
function* framesOf({ units, tracks }: Clip): Generator<{ dueAt: number; frame: BcMediaFrame }> {
  for (const { dueAt, unit } of units) {
    const track = tracks.find(({ id }) => id === unit.trackId);
    if (track !== undefined) yield { dueAt, frame: frameOf(track, unit, UPTIME + 1_000 * dueAt) };
  }
}

/** Everything the source makes of the clip, each frame cut into messages of `length`. */
function play(clip: Clip, length: number) {
  const source = new PreviewSource();
  const units: AccessUnit[] = [];
  let tracks: readonly Track[] = [];
  const poll = () => {
    for (let event = source.pollEvent(); event !== undefined; event = source.pollEvent()) {
      assert.ok(event.type !== "stuck");
      if (event.type === "unit") units.push(event.unit);
      else tracks = event.tracks;
    }
  };
  for (const { dueAt, frame } of framesOf(clip)) {
    for (
      let at = source.pollTimeout();
      at !== undefined && at <= dueAt;
      at = source.pollTimeout()
    ) {
      source.handleTimeout(at);
    }
    const bytes = encodeFrame(frame, 0xee);
    for (let at = 0; at < bytes.byteLength; at += length) {
      source.handleMessage(dueAt, bytes.subarray(at, at + length));
    }
    poll();
  }
  source.handleTimeout(clip.duration + 1_000);
  poll();
  return { tracks, units, report: source.report };
}

const CLIPS: readonly ClipOptions[] = [
  { video: "h264", audio: "aac" },
  { video: "h265", audio: "aac" },
  { video: "h264", audio: "adpcm" },
  { video: "h265", audio: "none" },
];

for (const options of CLIPS) {
  const { video, audio } = options;
  test(`PreviewSource gives back the clip of ${video} and ${audio}, picture by picture`, () => {
    const clip = loadClip(options);
    for (const length of [1_010, 40_000]) {
      const { tracks, units, report } = play(clip, length);
      const pictures = clip.units.filter(({ unit }) => unit.trackId === 0);
      assert.deepEqual(tracks[0], clip.tracks[0]);
      assert.deepEqual(
        units.filter(({ trackId }) => trackId === 0).map(flat),
        pictures.map(({ unit }) => flat(unit)),
      );
      const sound = units.filter(({ trackId }) => trackId === 1);
      assert.equal(sound.length, clip.units.length - pictures.length);
      if (audio === "aac") assert.deepEqual(tracks[1], clip.tracks[1]);
      // Its time is that of the picture it came behind, 40 ms at the most.
      for (const [i, unit] of sound.entries()) {
        const [first = 0, rate = 1] = [sound[0]?.timestamp, tracks[1]?.clockRate];
        const step = audio === "aac" ? 1_024 : 480;
        assert.equal(unit.timestamp - first, step * i);
        assert.ok(first / rate <= 0.04);
      }
      const { gaps, discarded, leaps, delay } = report;
      assert.deepEqual({ gaps, discarded, leaps, delay }, {
        gaps: 0,
        discarded: 0,
        leaps: 0,
        delay: 0,
      });
      assert.deepEqual([report.video, report.sound], [{ bad: 0, skipped: 0 }, {
        bad: 0,
        skipped: 0,
      }]);
    }
  });
}

/** A unit that compares fast. */
function flat({ timestamp, keyframe, parts }: AccessUnit): string {
  let sum = 0;
  for (const byte of concatBytes(parts)) sum = (sum * 31 + byte) % 0xfffffffb;
  return `${timestamp} ${keyframe} ${parts.map(({ byteLength }) => byteLength)} ${sum}`;
}
