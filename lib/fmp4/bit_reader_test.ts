import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { BitReader, withoutEmulation } from "./bit_reader.ts";

const reader = (bits: string) => {
  const padded = bits.replaceAll(" ", "").padEnd(8 * Math.ceil(bits.length / 8), "0");
  const bytes = padded.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? [];
  return new BitReader(Uint8Array.from(bytes), "test");
};

test("BitReader reads bits across bytes, first bit first", () => {
  const bits = new BitReader(fromHex("a5f0 0000 0001"), "test");
  assert.deepEqual([bits.bits(3), bits.flag(), bits.bits(8)], [5, false, 0x5f]);
  bits.skip(4);
  assert.equal(bits.bits(32), 1);
});

test("BitReader reads Exp-Golomb codes as table 9-2 of H.264 has them", () => {
  const codes = reader("1 010 011 00100 00101 00111 0001000");
  assert.deepEqual(Array.from({ length: 7 }, () => codes.ue()), [0, 1, 2, 3, 4, 6, 7]);
});

test("BitReader reads signed codes as table 9-3 of H.264 has them", () => {
  const codes = reader("1 010 011 00100 00101");
  assert.deepEqual(Array.from({ length: 5 }, () => codes.se() + 0), [0, 1, -1, 2, -2]);
});

test("BitReader refuses what is not there, and codes longer than 32 bits", () => {
  assert.throws(() => new BitReader(fromHex("ff"), "test").bits(9), DecodeError);
  assert.throws(() => new BitReader(fromHex("00"), "test").ue(), DecodeError);
  assert.throws(() => new BitReader(fromHex("00000000 ffffffff ff"), "test").ue(), DecodeError);
});

test("withoutEmulation() takes out each 3 behind two zeros, and no other", () => {
  for (
    const [from, to] of [
      ["67 000003 000003 01", "67 0000 0000 01"],
      ["000000 03", "000000"],
      ["0003 0303", "0003 0303"],
      ["000003 03", "0000 03"],
      ["", ""],
    ] as const
  ) {
    assert.equal(toHex(withoutEmulation(fromHex(from))), to.replaceAll(" ", ""), from);
  }
});
