import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { audioSpecificConfig, splitAdts } from "./adts.ts";
import { ADTS_VECTORS, BAD_ADTS } from "./media_vectors.ts";

for (const { name, hex, frames } of ADTS_VECTORS) {
  test(`splitAdts() reads ${name}`, () => {
    const read = splitAdts(fromHex(hex));
    assert.deepEqual(read.map((frame) => ({ ...frame, payload: toHex(frame.payload) })), frames);
  });
}

for (const { name, hex } of BAD_ADTS) {
  test(`splitAdts() rejects ${name}`, () => {
    assert.throws(() => splitAdts(fromHex(hex)), DecodeError);
  });
}

test("audioSpecificConfig() is what ADTS says, in two bytes", () => {
  const frame = { objectType: 2, sampleRate: 16_000, channels: 1, payload: new Uint8Array(0) };
  assert.equal(toHex(audioSpecificConfig(frame)), "1408");
  assert.equal(toHex(audioSpecificConfig({ ...frame, sampleRate: 48_000, channels: 2 })), "1190");
});
