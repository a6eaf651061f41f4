import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../bytes/bytes.ts";
import { encodeALaw } from "./g711.ts";

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
  for (const [i, byte] of encodeALaw(samples).entries()) {
    const sample = samples[i] ?? 0;
    const error = Math.abs(decodeALaw(byte) - sample);
    assert.ok(error <= Math.max(8, Math.abs(sample) / 32), `${sample}: off by ${error}`);
  }
});

/** The middle of the interval a byte stands for. */
function decodeALaw(byte: number): number {
  const [segment, place] = [((byte ^ 0x55) >> 4) & 7, (byte ^ 0x55) & 0x0f];
  const magnitude = segment === 0 ? 16 * place + 8 : (16 * place + 264) << (segment - 1);
  return ((byte ^ 0x55) & 0x80) !== 0 ? magnitude : -magnitude;
}
