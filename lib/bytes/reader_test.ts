import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "./bytes.ts";
import { DecodeError } from "./decode_error.ts";
import { Reader } from "./reader.ts";

test("Reader reads fields in either byte order, of a view too", () => {
  const bytes = fromHex("ee 01 0203 040506 0708090a 0b0c 0d0e0f10 ee").subarray(1, 17);
  const reader = new Reader(bytes, "test");
  assert.equal(reader.u8(), 0x01);
  assert.equal(reader.u16(), 0x0203);
  assert.equal(reader.u24(), 0x040506);
  assert.equal(reader.u32(), 0x0708090a);
  assert.equal(reader.u16le(), 0x0c0b);
  assert.equal(reader.u32le(), 0x100f0e0d);
  assert.deepEqual([reader.offset, reader.remaining], [16, 0]);
});

test("Reader reads 32 bits without a sign", () => {
  assert.equal(new Reader(fromHex("ffffffff"), "test").u32(), 0xffffffff);
  assert.equal(new Reader(fromHex("ffffffff"), "test").u32le(), 0xffffffff);
});

test("Reader.take() and rest() give views on the input", () => {
  const bytes = fromHex("00 01 02 03");
  const reader = new Reader(bytes, "test");
  reader.skip(1);
  assert.equal(reader.take(2).buffer, bytes.buffer);
  assert.deepEqual(reader.rest(), fromHex("03"));
  assert.equal(reader.rest().byteLength, 0);
});

const READS: readonly ((reader: Reader) => unknown)[] = [
  (reader) => reader.u8(),
  (reader) => reader.u16(),
  (reader) => reader.u24(),
  (reader) => reader.u32(),
  (reader) => reader.u16le(),
  (reader) => reader.u32le(),
  (reader) => reader.take(1),
  (reader) => reader.skip(1),
];

test("Reader refuses to read beyond the end, and says what is missing", () => {
  for (const read of READS) {
    assert.throws(() => read(new Reader(new Uint8Array(0), "thing")), (error: Error) => {
      return error instanceof DecodeError &&
        /decode thing as .* at offset 0: have 0/.test(error.message);
    });
  }
});
