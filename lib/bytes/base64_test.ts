import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "./bytes.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { DecodeError } from "./decode_error.ts";

const VECTORS = [
  { hex: "66", text: "Zg==" },
  { hex: "666f", text: "Zm8=" },
  { hex: "666f6f", text: "Zm9v" },
  { hex: "fbff", text: "+/8=" },
];

test("encodeBase64() and decodeBase64() agree with RFC 4648", () => {
  for (const { hex, text } of VECTORS) {
    assert.equal(encodeBase64(fromHex(hex)), text);
    assert.deepEqual(decodeBase64(text, "test"), fromHex(hex));
  }
});

test("encodeBase64() takes a view for what it shows", () => {
  assert.equal(encodeBase64(fromHex("00666f6f00").subarray(1, 4)), "Zm9v");
});

test("decodeBase64() takes text without padding and with white space", () => {
  assert.deepEqual(decodeBase64(" Zm\r\n8", "test"), fromHex("666f"));
});

test("decodeBase64() refuses what is not base64", () => {
  for (const text of ["", " ", "=", "Zm9v!", "Zm=8", "Zg===", "Zm9-", "Z", "Zm9vZ", "Z===", "ä"]) {
    assert.throws(() => decodeBase64(text, "test"), DecodeError, text);
  }
});
