import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "./bytes.ts";
import { Outbox } from "./outbox.ts";

test("Outbox.take() gives the bytes in order, however they were written", () => {
  const outbox = new Outbox();
  for (const hex of ["00 01", "", "02", "03 04 05"]) outbox.push(fromHex(hex));
  assert.equal(outbox.byteLength, 6);
  assert.deepEqual(outbox.take(1), fromHex("00"));
  assert.equal(outbox.firstLength, 1);
  assert.deepEqual(outbox.take(3), fromHex("01 02 03"));
  assert.deepEqual(outbox.take(2), fromHex("04 05"));
  assert.deepEqual([outbox.byteLength, outbox.firstLength], [0, 0]);
});

test("Outbox.take() hands a whole write out without copying it", () => {
  const outbox = new Outbox();
  const bytes = fromHex("00 01");
  outbox.push(bytes);
  assert.equal(outbox.take(2), bytes);
});

test("Outbox.take() refuses more than is queued, and keeps what is", () => {
  const outbox = new Outbox();
  assert.equal(outbox.take(0).byteLength, 0);
  outbox.push(fromHex("00 01"));
  assert.throws(() => outbox.take(3), RangeError);
  assert.deepEqual(outbox.take(2), fromHex("00 01"));
});
