import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { groupH265, h265LayerId, h265NalType, isH265Keyframe } from "./h265.ts";

const AUD = "460150";
const VPS = "40010c";
const SPS = "420101";
const PPS = "4401c0";
const SEI = "4e0105";
const SUFFIX_SEI = "500184";
/** First slices of a picture: the top bit of the slice header says so. */
const IDR = "2601af";
const CRA = "2a01af";
const SLICE = "0201d0";
/** A further slice of the same picture. */
const MORE = "020140";

/** Access units as lists of hex. */
function group(units: readonly string[]): string[][] {
  return groupH265(units.map(fromHex)).map((unit) => unit.map(toHex));
}

test("groupH265() begins an access unit at each delimiter", () => {
  const first = [AUD, VPS, SPS, PPS, SEI, IDR];
  assert.deepEqual(group([...first, AUD, SLICE, AUD, SLICE]), [first, [AUD, SLICE], [AUD, SLICE]]);
});

test("groupH265() begins an access unit at parameter sets and SEI after a slice", () => {
  assert.deepEqual(group([IDR, VPS, SPS, PPS, IDR, SEI, SLICE]), [
    [IDR],
    [VPS, SPS, PPS, IDR],
    [SEI, SLICE],
  ]);
});

test("groupH265() keeps the slices of one picture together, and what ends it", () => {
  assert.deepEqual(group([SLICE, MORE, MORE, SUFFIX_SEI, SLICE, MORE]), [
    [SLICE, MORE, MORE, SUFFIX_SEI],
    [SLICE, MORE],
  ]);
});

test("groupH265() makes nothing of nothing, and one unit of parameter sets alone", () => {
  assert.deepEqual(group([]), []);
  assert.deepEqual(group([VPS, SPS, PPS]), [[VPS, SPS, PPS]]);
});

test("isH265Keyframe() looks for a random access point", () => {
  assert.ok(isH265Keyframe([VPS, SPS, PPS, IDR].map(fromHex)));
  assert.ok(isH265Keyframe([fromHex(CRA)]));
  assert.ok(!isH265Keyframe([VPS, SPS, PPS, SLICE].map(fromHex)));
});

test("h265NalType() and h265LayerId() read the two bytes of the header", () => {
  assert.deepEqual([h265NalType(fromHex(IDR)), h265LayerId(fromHex(IDR))], [19, 0]);
  // Type 62, layer 33 = 100001: its first bit is the last of the first byte.
  const odd = fromHex("7d09");
  assert.deepEqual([h265NalType(odd), h265LayerId(odd)], [62, 33]);
  const nothing = new Uint8Array(0);
  assert.deepEqual([h265NalType(nothing), h265LayerId(nothing)], [0, 0]);
});
