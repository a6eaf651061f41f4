import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, equalBytes, fromHex, slices, toHex } from "./bytes.ts";

test("concatBytes() joins any number of parts", () => {
  assert.deepEqual(concatBytes([]), new Uint8Array(0));
  assert.deepEqual(concatBytes([fromHex("00"), fromHex(""), fromHex("0102")]), fromHex("000102"));
});

test("slices() gives views no longer than the limit, and none of nothing", () => {
  assert.deepEqual([...slices(fromHex("0001020304"), 2)].map(toHex), ["0001", "0203", "04"]);
  assert.deepEqual([...slices(fromHex("0001"), 2)].map(toHex), ["0001"]);
  assert.deepEqual([...slices(fromHex(""), 2)], []);
});

test("equalBytes() compares length and content", () => {
  assert.ok(equalBytes(fromHex("0001"), fromHex("0001")));
  assert.ok(!equalBytes(fromHex("0001"), fromHex("0002")));
  assert.ok(!equalBytes(fromHex("00"), fromHex("0000")));
});

test("fromHex() refuses what is not pairs of hex digits", () => {
  assert.deepEqual(fromHex(" 0a\nFF "), Uint8Array.of(10, 255));
  for (const text of ["0", "0g", "0x00"]) assert.throws(() => fromHex(text), SyntaxError);
});
