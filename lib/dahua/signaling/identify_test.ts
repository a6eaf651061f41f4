import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { formatIdentify, parseIdentify } from "./identify.ts";

const VECTORS = [
  { hex: "8a77c68db5fee658", text: "8a 77 c6 8d b5 fe e6 58" },
  { hex: "0700ff0a10012003", text: "7 0 ff a 10 1 20 3" },
];

test("formatIdentify() writes no leading zeros", () => {
  for (const { hex, text } of VECTORS) assert.equal(formatIdentify(fromHex(hex)), text);
});

test("parseIdentify() reads what formatIdentify() writes", () => {
  for (const { hex, text } of VECTORS) assert.deepEqual(parseIdentify(text), fromHex(hex));
});

test("parseIdentify() reads padded, uppercase and widely spaced bytes", () => {
  assert.deepEqual(parseIdentify(" 07 00  FF 0A 10 01 20 03 "), fromHex("0700ff0a10012003"));
});

test("parseIdentify() refuses anything but eight bytes", () => {
  for (
    const text of [
      "",
      "1 2 3 4 5 6 7",
      "1 2 3 4 5 6 7 8 9",
      "1 2 3 4 5 6 7 xx",
      "100 2 3 4 5 6 7 8",
    ]
  ) {
    assert.throws(() => parseIdentify(text), DecodeError);
  }
});
