import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { PARAMETER_SET_LIMITS, ParameterSets, spropParameterSets } from "./parameter_sets.ts";

const [SPS, PPS] = [7, 8];

function sets(): ParameterSets {
  return new ParameterSets([SPS, PPS]);
}

test("ParameterSets gives all sets in the order of their kinds, and tells what is new", () => {
  const known = sets();
  known.add(PPS, fromHex("68aa"));
  known.add(SPS, fromHex("67aa"));
  known.add(PPS, fromHex("68bb"));
  known.add(PPS, fromHex("68aa"));
  known.add(9, fromHex("0910"));
  assert.ok(!known.isComplete, "nothing counts before the access unit is over");
  assert.ok(known.commit() && known.isComplete);
  assert.deepEqual(known.all.map(toHex), ["67aa", "68aa", "68bb"]);
});

test("ParameterSets replaces those of a kind that comes again, and keeps the others", () => {
  const known = sets();
  known.add(SPS, fromHex("67aa"));
  known.add(PPS, fromHex("68aa"));
  known.commit();
  known.add(SPS, fromHex("67aa"));
  assert.ok(!known.commit());
  assert.ok(!known.commit());
  known.add(SPS, fromHex("67bb"));
  assert.ok(known.commit());
  assert.deepEqual(known.all.map(toHex), ["67bb", "68aa"]);
});

test("ParameterSets keeps copies", () => {
  const known = sets();
  const unit = fromHex("67aa");
  known.add(SPS, unit);
  known.commit();
  unit.fill(0);
  assert.deepEqual(known.all.map(toHex), ["67aa"]);
});

test("ParameterSets keeps no more sets, and no longer ones, than its limits", () => {
  const known = sets();
  for (let i = 0; i <= PARAMETER_SET_LIMITS.sets; i++) known.add(PPS, Uint8Array.of(0x68, i));
  known.add(SPS, new Uint8Array(PARAMETER_SET_LIMITS.bytes + 1));
  known.commit();
  assert.equal(known.all.length, PARAMETER_SET_LIMITS.sets);
});

test("spropParameterSets() reads what SDP brings, without start codes and what is no base64", () => {
  const read = (values: Record<string, string>) =>
    spropParameterSets(new Map(Object.entries(values))).map(toHex);
  assert.deepEqual(read({ "sprop-parameter-sets": "Z2QAHw==,aO48gA" }), ["6764001f", "68ee3c80"]);
  assert.deepEqual(read({ "sprop-parameter-sets": "AAAAAWdkAB8=, AAABaO4=,?," }), [
    "6764001f",
    "68ee",
  ]);
  assert.deepEqual(read({ "sprop-pps": "RAE=", "sprop-vps": "QAE=", "sprop-sps": "QgE=" }), [
    "4001",
    "4201",
    "4401",
  ]);
  assert.deepEqual(read({}), []);
});
