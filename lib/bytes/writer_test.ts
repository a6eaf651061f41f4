import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "./bytes.ts";
import { Writer } from "./writer.ts";

test("Writer writes fields in either byte order", () => {
  const bytes = new Writer(19).u8(0x01).u16(0x0203).u24(0x040506).u32(0x0708090a)
    .u16le(0x0c0b).u32le(0x100f0e0d).bytes(fromHex("111213")).finish();
  assert.deepEqual(bytes, fromHex("01 0203 040506 0708090a 0b0c 0d0e0f10 111213"));
});

test("Writer.finish() refuses a gap", () => {
  assert.throws(() => new Writer(2).u8(1).finish(), /all 2 bytes must be written: wrote 1/);
});

test("Writer refuses to write beyond its end", () => {
  assert.throws(() => new Writer(1).u16(1), RangeError);
  assert.throws(() => new Writer(1).bytes(new Uint8Array(2)), RangeError);
});
