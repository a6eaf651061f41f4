import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../../bytes/bytes.ts";
import type { VideoFrame } from "./frame.ts";
import { MAX_SET_BYTES, VideoLane } from "./video_lane.ts";

const SPS = fromHex("00000001 6764003311");

/** A key frame whose picture parameter set has `length` bytes. */
function key(length: number, microseconds = 0): VideoFrame {
  const pps = new Uint8Array(length).fill(0x68);
  const payload = concatBytes([SPS, fromHex("000001"), pps, fromHex("000001 6588aa")]);
  return {
    type: "video",
    keyframe: true,
    channel: 0,
    codec: "H264",
    microseconds,
    microsecondsHigh: 0,
    extra: new Uint8Array(0),
    payload,
  };
}

test("VideoLane makes no track of a parameter set beyond its limit", () => {
  const lane = new VideoLane(0);
  assert.equal(lane.take(0, key(MAX_SET_BYTES + 1)), undefined);
  assert.equal(lane.track, undefined);
  assert.ok(lane.take(0, key(MAX_SET_BYTES))?.newTrack);
});

test("VideoLane keeps copies of parameter sets, so that no key frame is kept for their sake", () => {
  const lane = new VideoLane(0);
  lane.take(0, key(4));
  assert.ok(lane.track?.codec === "H264");
  for (const set of [lane.track.sps, lane.track.pps]) {
    assert.equal(set.buffer.byteLength, set.byteLength);
  }
});

test("VideoLane gives each picture a later timestamp, however near they are", () => {
  const lane = new VideoLane(0);
  const counters = [0, 1, 2, 5, 40_000, 40_001];
  const timestamps = counters.map((at) => lane.take(0, key(4, at))?.unit.timestamp);
  assert.deepEqual(timestamps, [0, 1, 2, 3, 3_600, 3_601]);
});

test("VideoLane begins no new track with the same parameter sets", () => {
  const lane = new VideoLane(0);
  const news = [4, 4, 5, 5, 4].map((length) => lane.take(0, key(length))?.newTrack);
  assert.deepEqual(news, [true, false, true, false, true]);
});
