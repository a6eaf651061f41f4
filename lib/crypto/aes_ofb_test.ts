import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { aes256Ofb } from "./aes_ofb.ts";

/** NIST SP 800-38A section F.4.5. */
const KEY = fromHex("603deb1015ca71be2b73aef0857d7781 1f352c073b6108d72d9810a30914dff4");
const IV = fromHex("000102030405060708090a0b0c0d0e0f");
const PLAIN = fromHex(`
  6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
  30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`);
const CIPHER = fromHex(`
  dc7e84bfda79164b7ecd8486985d3860 4febdc6740d20b3ac88f6ad82a4fb08d
  71ab47a086e86eedf39d1c5bba97c408 0126141d67f37be8538f5a8be740e484`);

test("aes256Ofb() gives the standard's vector in both directions", () => {
  assert.equal(toHex(aes256Ofb(KEY, IV, PLAIN)), toHex(CIPHER));
  assert.equal(toHex(aes256Ofb(KEY, IV, CIPHER)), toHex(PLAIN));
});

test("aes256Ofb() takes any length, also none and parts of a block", () => {
  for (let length = 0; length <= PLAIN.byteLength; length++) {
    const cipher = aes256Ofb(KEY, IV, PLAIN.subarray(0, length));
    assert.equal(toHex(cipher), toHex(CIPHER.subarray(0, length)));
  }
});

test("aes256Ofb() leaves its input as it was", () => {
  const input = PLAIN.slice();
  aes256Ofb(KEY, IV, input);
  assert.deepEqual(input, PLAIN);
});
