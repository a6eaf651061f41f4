import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { decryptAes128Cfb, encryptAes128Cfb } from "./aes_cfb.ts";

/** NIST SP 800-38A section F.3.13. */
const KEY = fromHex("2b7e151628aed2a6abf7158809cf4f3c");
const IV = fromHex("000102030405060708090a0b0c0d0e0f");
const PLAIN = fromHex(`
  6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
  30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`);
const CIPHER = fromHex(`
  3b3fd92eb72dad20333449f8e83cfb4a c8a64537a0b3a93fcde3cdad9f1ce58b
  26751f67a3cbb140b1808cf187a4f4df c04b05357c5d1c0eeac4c66f9ff7f2e6`);

test("encryptAes128Cfb() and decryptAes128Cfb() give the standard's vector", () => {
  assert.equal(toHex(encryptAes128Cfb(KEY, IV, PLAIN)), toHex(CIPHER));
  assert.equal(toHex(decryptAes128Cfb(KEY, IV, CIPHER)), toHex(PLAIN));
});

test("encryptAes128Cfb() and decryptAes128Cfb() take any length, also none and parts of a block", () => {
  for (let length = 0; length <= PLAIN.byteLength; length++) {
    const sealed = encryptAes128Cfb(KEY, IV, PLAIN.subarray(0, length));
    assert.equal(toHex(sealed), toHex(CIPHER.subarray(0, length)));
    assert.equal(toHex(decryptAes128Cfb(KEY, IV, sealed)), toHex(PLAIN.subarray(0, length)));
  }
});

test("encryptAes128Cfb() and decryptAes128Cfb() leave their input as it was", () => {
  const plain = PLAIN.slice();
  encryptAes128Cfb(KEY, IV, plain);
  assert.deepEqual(plain, PLAIN);
  const sealed = CIPHER.slice();
  decryptAes128Cfb(KEY, IV, sealed);
  assert.deepEqual(sealed, CIPHER);
});
