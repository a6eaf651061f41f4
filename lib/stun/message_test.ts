import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { decodeStun, encodeStun, invert, MAX_ATTRIBUTES } from "./message.ts";
import { STUN_VECTORS } from "./stun_vectors.ts";

const ID = "00".repeat(16);

for (const { name, hex, value } of STUN_VECTORS) {
  test(`decodeStun() reads ${name}`, () => {
    assert.deepEqual(decodeStun(fromHex(hex)), value);
  });

  test(`encodeStun() writes ${name}`, () => {
    assert.equal(toHex(encodeStun(value)), toHex(fromHex(hex)));
  });
}

test("invert() turns a captured datagram into a Binding Request", () => {
  const datagram = fromHex(
    `ff fe ff e7 de ed 5b bd b3 03 ef 13 41 2b 12 ae f9 ba b2 66 7f d5 ff f7 2b 61 98 57 d4 2b 81 e1
     ff fb ff f7 ff fe a8 13 21 02 d2 65`,
  );
  assert.deepEqual(decodeStun(invert(datagram)), STUN_VECTORS[0]?.value);
  assert.deepEqual(invert(invert(datagram)), datagram);
});

test("decodeStun() ignores bytes behind the declared length", () => {
  const message = decodeStun(fromHex(`0101 000c ${ID} 8029 0008 ${"11".repeat(8)} 0004 0008 00`));
  assert.equal(message.attributes.length, 1);
});

test("decodeStun() takes a last attribute whose padding is missing", () => {
  const message = decodeStun(fromHex(`0001 0005 ${ID} 8022 0001 41`));
  assert.deepEqual(message.attributes, [{ type: "unknown", code: 0x8022, value: fromHex("41") }]);
});

test("decodeStun() shares no bytes with its input", () => {
  const input = fromHex(STUN_VECTORS[0]?.hex ?? "");
  const message = decodeStun(input);
  input.fill(0xee);
  assert.deepEqual(message, STUN_VECTORS[0]?.value);
});

test("decodeStun() refuses every message cut short", () => {
  for (const { hex } of STUN_VECTORS) {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.byteLength; length++) {
      assert.throws(() => decodeStun(bytes.subarray(0, length)), DecodeError);
    }
  }
});

test("decodeStun() refuses an attribute longer than its message", () => {
  assert.throws(() => decodeStun(fromHex(`0001 0004 ${ID} 8022 0004 41414141`)), DecodeError);
  assert.throws(() => decodeStun(fromHex(`0001 0003 ${ID} 802200`)), DecodeError);
});

test("decodeStun() refuses a type with the topmost bits set", () => {
  assert.throws(() => decodeStun(fromHex(`fffe 0000 ${ID}`)), DecodeError);
});

test("decodeStun() refuses more attributes than the cap", () => {
  const message = (count: number) =>
    fromHex(`0001 ${(count * 4).toString(16).padStart(4, "0")} ${ID} ${"80220000".repeat(count)}`);
  assert.equal(decodeStun(message(MAX_ATTRIBUTES)).attributes.length, MAX_ATTRIBUTES);
  assert.throws(() => decodeStun(message(MAX_ATTRIBUTES + 1)), DecodeError);
});
