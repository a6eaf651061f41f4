import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { readPicture } from "./picture.ts";

/** What is left of NAL units that stand one behind the other, start codes of both lengths. */
function read(codec: "H264" | "H265", units: readonly string[]) {
  const hex = units.map((unit, i) => (i % 2 === 0 ? "00000001" : "000001") + unit);
  const picture = readPicture(codec, fromHex(hex.join("")));
  return {
    units: picture.units.map(toHex),
    sets: Object.fromEntries([...picture.sets].map(([type, set]) => [type, toHex(set)])),
  };
}

test("readPicture() takes parameter sets and slices out of a key frame of H.264", () => {
  const units = ["6764003311", "68ee3c30", "6588aa", "6546bb"];
  assert.deepEqual(read("H264", units), { units, sets: { 7: "6764003311", 8: "68ee3c30" } });
});

test("readPicture() takes parameter sets and slices out of a key frame of H.265", () => {
  const units = ["40010c01ff", "42010101", "4401c0f2", "2601af", "260140"];
  const sets = { 32: "40010c01ff", 33: "42010101", 34: "4401c0f2" };
  assert.deepEqual(read("H265", units), { units, sets });
});

test("readPicture() puts everything else in front of the slices", () => {
  const shuffled = ["6588aa", "0605ff", "6546bb", "6764003311"];
  assert.deepEqual(read("H264", shuffled).units, ["0605ff", "6764003311", "6588aa", "6546bb"]);
  assert.deepEqual(read("H265", ["0201d0", "4e0105"]).units, ["4e0105", "0201d0"]);
});

test("readPicture() leaves out units that are Reolink's own, of a layer, or behind the slices", () => {
  const units = ["7c01aa", "0209d0", "0301d0", "0201d0", "500184", "4c01ff", "6001aa"];
  assert.deepEqual(read("H265", units).units, ["0201d0"]);
  assert.deepEqual(read("H264", ["419a11", "0b11", "0cffff", "1e11"]).units, ["419a11"]);
});

test("readPicture() leaves out parameter sets that are cut off, and takes the first of several", () => {
  const units = ["676400", "6764003311", "6764003322", "68ee", "68ee3c30", "6588aa"];
  const { units: left, sets } = read("H264", units);
  assert.deepEqual(left, ["6764003311", "6764003322", "68ee3c30", "6588aa"]);
  assert.deepEqual(sets, { 7: "6764003311", 8: "68ee3c30" });
});

test("readPicture() finds no picture in parameter sets alone", () => {
  assert.deepEqual(read("H264", ["6764003311"]), { units: [], sets: { 7: "6764003311" } });
});

test("readPicture() rejects what is no byte stream", () => {
  assert.throws(() => readPicture("H264", fromHex("6588aa")), DecodeError);
});
