import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { fromSparse, toSparse } from "./sparse.ts";

const zeros = (length: number) => new Uint8Array(length);

test("toSparse() leaves out long runs of zeros, and fromSparse() puts them back", () => {
  for (
    const bytes of [
      zeros(0),
      fromHex("01"),
      zeros(1_000),
      concatBytes([fromHex("0102"), zeros(500), fromHex("03"), zeros(5), fromHex("04"), zeros(90)]),
    ]
  ) {
    const sparse = toSparse(bytes);
    assert.ok(JSON.stringify(sparse).length < 80);
    assert.deepEqual(fromSparse(JSON.parse(JSON.stringify(sparse)), 2_000), bytes);
  }
});

test("fromSparse() gives no more than it is asked for, whatever a text claims", () => {
  const huge = { head: "AQID", gaps: [[1, 1e15], [-5, 3], [2, 50]] } as const;
  assert.ok(fromSparse(huge, 100).byteLength <= 100);
  assert.ok(fromSparse({ head: "AQID", gaps: [[1, 60], [2, 60]] }, 100).byteLength <= 100);
  assert.equal(fromSparse({ head: "!" }, 100).byteLength, 0);
});
