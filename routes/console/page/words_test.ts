import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bitRate,
  byteCount,
  counted,
  longSpan,
  percent,
  sentence,
  spaced,
  span,
  streamName,
} from "./words.js";

test("span() says how long in one glance", () => {
  const words: readonly [number, string][] = [
    [-5, "0 ms"],
    [42.4, "42 ms"],
    [999, "999 ms"],
    [999.7, "1.0 s"],
    [1_400, "1.4 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [61_000, "1 min"],
  ];
  for (const [ms, text] of words) assert.equal(span(ms), text);
});

test("longSpan() needs no fractions", () => {
  const words: readonly [number, string][] = [
    [400, "0 s"],
    [600_000, "10 min"],
    [3_600_000, "1 h"],
    [5_400_000, "1 h 30 min"],
    [3 * 86_400_000, "3 days"],
  ];
  for (const [ms, text] of words) assert.equal(longSpan(ms), text);
});

test("bitRate() and byteCount() choose a unit in which numbers are short", () => {
  assert.deepEqual(
    [0, 31_250, 124_970, 500_000].map(bitRate),
    ["0 kbit/s", "250 kbit/s", "1.0 Mbit/s", "4.0 Mbit/s"],
  );
  assert.deepEqual(
    [0, 999, 1_000, 99_600, 1_234_567, 5e12].map(byteCount),
    ["0 B", "999 B", "1.0 kB", "100 kB", "1.2 MB", "5.0 TB"],
  );
});

test("percent() tells a little from nothing", () => {
  assert.deepEqual([0, 0.004, 0.12, 1].map(percent), ["0 %", "0.4 %", "12 %", "100 %"]);
});

test("counted(), spaced() and sentence() make words of what programs say", () => {
  assert.deepEqual([counted(1, "viewer"), counted(2, "viewer")], ["1 viewer", "2 viewers"]);
  assert.deepEqual(["main-probe", "wayFailed"].map(spaced), ["main probe", "way failed"]);
  assert.deepEqual(["it failed", "Why?", ""].map(sentence), ["It failed.", "Why?", ""]);
});

test("streamName() finds the stream in an RTSP address", () => {
  assert.equal(streamName("rtsp://127.0.0.1:8554/front"), "main");
  assert.equal(streamName("rtsp://127.0.0.1:8554/front/sub"), "sub");
  assert.equal(streamName("rtsp://127.0.0.1:8554/front/ch2/sub"), "ch2/sub");
});
