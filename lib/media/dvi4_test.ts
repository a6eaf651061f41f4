import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { decodeDvi4, encodeDvi4 } from "./dvi4.ts";

// predictor -96, big-endian · step index 19 · 0 · nibbles
const HEX = "ffa01300a1b2c3";
const PAYLOAD = { state: { predictor: -96, stepIndex: 19 }, nibbles: fromHex("a1b2c3") };

test("encodeDvi4() puts the state in front, in network byte order", () => {
  assert.equal(toHex(encodeDvi4(PAYLOAD)), HEX);
});

test("decodeDvi4() reads state and nibbles", () => {
  assert.deepEqual(decodeDvi4(fromHex(HEX)), PAYLOAD);
});

test("decodeDvi4() rejects a payload without its state", () => {
  assert.throws(() => decodeDvi4(fromHex("ffa013")), DecodeError);
});
