import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDahuaStream, parseDahuaStream } from "./stream.ts";

const OWN = { channel: 3, subtype: 1 };

const NAMES: readonly [string, readonly [number, number], string][] = [
  ["", [3, 1], ""],
  ["main", [3, 0], "main"],
  ["sub", [3, 1], ""],
  ["third", [3, 2], "third"],
  ["ch3", [3, 0], "main"],
  ["ch3/sub", [3, 1], ""],
  ["ch12", [12, 0], "ch12"],
  ["ch12/main", [12, 0], "ch12"],
  ["ch12/sub", [12, 1], "ch12/sub"],
];

for (const [path, [channel, subtype], canonical] of NAMES) {
  test(`parseDahuaStream() finds stream ${channel}/${subtype} for "${path}", whose name is "${canonical}"`, () => {
    const stream = parseDahuaStream(path === "" ? [] : path.split("/"), OWN);
    assert.deepEqual(stream, { channel, subtype });
    assert.equal(formatDahuaStream(stream, OWN), canonical);
  });
}

for (const path of ["ch0", "ch01", "ch1000", "SUB", "sub/main", "ch2/sub/x", "ch2/ch3", "extern"]) {
  test(`parseDahuaStream() finds none for "${path}"`, () => {
    assert.equal(parseDahuaStream(path.split("/"), OWN), undefined);
  });
}
