import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { groupH264, h264NalType, h264ProfileLevelId, isH264Keyframe } from "./h264.ts";

const AUD = "0910";
const SPS = "67640c1e";
const PPS = "68ee";
const SEI = "0605";
/** First slices of a picture: the top bit of the slice header says first_mb_in_slice is 0. */
const IDR = "6588";
const SLICE = "419a";
/** A further slice of the same picture. */
const MORE = "4162";

/** Access units as lists of hex. */
function group(units: readonly string[]): string[][] {
  return groupH264(units.map(fromHex)).map((unit) => unit.map(toHex));
}

test("groupH264() begins an access unit at each delimiter", () => {
  const first = [AUD, SPS, PPS, SEI, IDR];
  assert.deepEqual(group([...first, AUD, SLICE, AUD, SLICE]), [first, [AUD, SLICE], [AUD, SLICE]]);
});

test("groupH264() begins an access unit at parameter sets and SEI after a slice", () => {
  assert.deepEqual(group([IDR, SPS, PPS, IDR, SEI, SLICE]), [[IDR], [SPS, PPS, IDR], [
    SEI,
    SLICE,
  ]]);
});

test("groupH264() keeps the slices of one picture together", () => {
  assert.deepEqual(group([SLICE, MORE, MORE, SLICE, MORE]), [[SLICE, MORE, MORE], [SLICE, MORE]]);
});

test("groupH264() makes nothing of nothing, and one unit of parameter sets alone", () => {
  assert.deepEqual(group([]), []);
  assert.deepEqual(group([SPS, PPS]), [[SPS, PPS]]);
});

test("isH264Keyframe() looks for an IDR picture", () => {
  assert.ok(isH264Keyframe([fromHex(SPS), fromHex(PPS), fromHex(IDR)]));
  assert.ok(!isH264Keyframe([fromHex(SPS), fromHex(PPS), fromHex(SLICE)]));
});

test("h264NalType() takes a NAL unit without bytes for one of no type", () => {
  assert.equal(h264NalType(fromHex(IDR)), 5);
  assert.equal(h264NalType(new Uint8Array(0)), 0);
});

test("h264ProfileLevelId() gives profile, constraints and level of an SPS", () => {
  assert.equal(toHex(h264ProfileLevelId(fromHex(SPS))), "640c1e");
});

test("h264ProfileLevelId() rejects what is no SPS, or is cut short", () => {
  assert.throws(() => h264ProfileLevelId(fromHex("68ee0000")), DecodeError);
  assert.throws(() => h264ProfileLevelId(fromHex("67640c")), DecodeError);
});
