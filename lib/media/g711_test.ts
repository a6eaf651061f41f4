import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../bytes/bytes.ts";
import { decodeALaw, decodeMuLaw, encodeALaw } from "./g711.ts";

/** Samples at the edges of segments, and what ITU-T G.711 makes of them (table 1a/G.711). */
const VECTORS: readonly [number, string][] = [
  [0, "d5"],
  [15, "d5"],
  [16, "d4"],
  [255, "da"],
  [256, "c5"],
  [511, "ca"],
  [512, "f5"],
  [1_024, "e5"],
  [2_048, "95"],
  [4_096, "85"],
  [8_192, "b5"],
  [16_384, "a5"],
  [32_767, "aa"],
  [-1, "55"],
  [-16, "55"],
  [-17, "54"],
  [-256, "5a"],
  [-257, "45"],
  [-16_385, "25"],
  [-32_768, "2a"],
];

test("encodeALaw() gives the bytes of G.711 at the edges of its segments", () => {
  for (const [sample, hex] of VECTORS) {
    assert.equal(toHex(encodeALaw(Int16Array.of(sample))), hex, `${sample}`);
  }
});

test("encodeALaw() is as near as its segment allows, for every sample", () => {
  const samples = Int16Array.from({ length: 0x10000 }, (_, i) => i - 0x8000);
  for (const [i, decoded] of decodeALaw(encodeALaw(samples)).entries()) {
    const sample = samples[i] ?? 0;
    const error = Math.abs(decoded - sample);
    assert.ok(error <= Math.max(8, Math.abs(sample) / 32), `${sample}: off by ${error}`);
  }
});

test("decodeALaw() and decodeMuLaw() give the samples of G.711", () => {
  // Values of G.711's tables 1b and 2b, scaled to 16 bits.
  const bytes = Uint8Array.of(0xd5, 0x55, 0xaa, 0x2a, 0x80, 0x00);
  assert.deepEqual([...decodeALaw(bytes)], [8, -8, 32_256, -32_256, 5_504, -5_504]);
  const muLaw = Uint8Array.of(0xff, 0x7f, 0x80, 0x00, 0xf0, 0x70);
  assert.deepEqual([...decodeMuLaw(muLaw)], [0, 0, 32_124, -32_124, 120, -120]);
});

test("decodeALaw() undoes encodeALaw() for every byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  assert.deepEqual(encodeALaw(decodeALaw(bytes)), bytes);
});
