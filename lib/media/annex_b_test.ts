import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { MAX_NAL_UNITS, splitAnnexB } from "./annex_b.ts";
import { ANNEX_B_VECTORS, BAD_ANNEX_B } from "./media_vectors.ts";

for (const { name, hex, units } of ANNEX_B_VECTORS) {
  test(`splitAnnexB() finds the NAL units in ${name}`, () => {
    assert.deepEqual(splitAnnexB(fromHex(hex)).map(toHex), units);
  });
}

for (const { name, hex } of BAD_ANNEX_B) {
  test(`splitAnnexB() rejects ${name}`, () => {
    assert.throws(() => splitAnnexB(fromHex(hex)), DecodeError);
  });
}

test("splitAnnexB() takes no more NAL units than its limit", () => {
  const stream = fromHex("00000109".repeat(MAX_NAL_UNITS));
  assert.equal(splitAnnexB(stream).length, MAX_NAL_UNITS);
  assert.throws(() => splitAnnexB(fromHex("00000109".repeat(MAX_NAL_UNITS + 1))), DecodeError);
});
