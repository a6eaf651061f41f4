import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../bytes/bytes.ts";
import { bcCipher } from "./bc_cipher.ts";

const TEXT = new TextEncoder().encode('<?xml version="1');
const VECTORS = [
  { offset: 0, hex: "2312442636490e9a6d5e552434545ace" },
  { offset: 1, hex: "100232360459887b5e4e23340644dc2f" },
  { offset: 138, hex: "8afea88e9e55e3c2c4b2b98c9c48b796" },
  { offset: 250, hex: "fa8ed8feee2593b2b4c2c9fcec38c7e6" },
];

for (const { offset, hex } of VECTORS) {
  test(`bcCipher() enciphers and deciphers at offset ${offset}`, () => {
    const sealed = bcCipher(offset, TEXT);
    assert.equal(toHex(sealed), hex);
    assert.deepEqual(bcCipher(offset, sealed), TEXT);
  });
}
