import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable } from "./table.ts";
import { formatBytes, formatDuration } from "./time_words.ts";

const HEADINGS = ["NAME", "STATE", "RTSP"];
const ROWS = [["front", "open", "rtsp://127.0.0.1:8554/front"], ["a", "authenticating", "-"]];

test("formatTable() aligns its columns and leaves no blanks at the end", () => {
  assert.deepEqual(formatTable(HEADINGS, ROWS), [
    "NAME   STATE           RTSP",
    "front  open            rtsp://127.0.0.1:8554/front",
    "a      authenticating  -",
  ]);
});

test("formatTable() leaves out the last columns where the terminal is narrow", () => {
  assert.deepEqual(formatTable(HEADINGS, ROWS, 40), [
    "NAME   STATE",
    "front  open",
    "a      authenticating",
  ]);
  assert.deepEqual(formatTable(HEADINGS, ROWS, 4), ["NAME", "fro…", "a"]);
});

test("formatTable() shows the heading where there are no rows", () => {
  assert.deepEqual(formatTable(HEADINGS, []), ["NAME  STATE  RTSP"]);
});

test("formatDuration() says the two largest units", () => {
  const cases: readonly [number, string][] = [
    [0, "0ms"],
    [40.4, "40ms"],
    [12_000, "12s"],
    [59_999, "1m"],
    [600_000, "10m"],
    [3_600_000, "1h"],
    [3_605_000, "1h"],
    [90_061_000, "1d 1h"],
    [754_000, "12m 34s"],
  ];
  for (const [duration, words] of cases) assert.equal(formatDuration(duration), words);
});

test("formatBytes() uses the unit that suits", () => {
  const cases: readonly [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1_234, "1.2 kB"],
    [123_456_789, "123 MB"],
    [5e15, "5000 TB"],
  ];
  for (const [bytes, words] of cases) assert.equal(formatBytes(bytes), words);
});
