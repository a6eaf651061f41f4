import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { type AdpcmState, decodeAdpcm, encodeAdpcm } from "./ima_adpcm.ts";

const ZERO: AdpcmState = { predictor: 0, stepIndex: 0 };

/** Worked by hand from the tables: state, nibbles, samples, state behind them. */
const VECTORS = [
  {
    name: "the smallest steps, which the index cannot fall below",
    // steps 7, 7, 7, 7: changes 0, +1 · 7>>3 = 0, then 7>>2
    before: ZERO,
    hex: "01",
    samples: [0, 1],
    after: { predictor: 1, stepIndex: 0 },
  },
  {
    name: "each nibble that adds to the index, high nibble first",
    // 4: step 7: 0+7 → 7, index 2 · 5: step 9: 1+9+2 → 19, index 6 · 6: step 13: 1+13+6 → 39,
    // index 12 · 7: step 23: 2+23+11+5 → 80, index 20
    before: ZERO,
    hex: "4567",
    samples: [7, 19, 39, 80],
    after: { predictor: 80, stepIndex: 20 },
  },
  {
    name: "signs, from a state in the middle",
    // b: step 34: 4+17+8 = 29 down → 5, index 15 · 2: step 31: 3+15 → 23, index 14
    before: { predictor: 34, stepIndex: 16 },
    hex: "b2",
    samples: [5, 23],
    after: { predictor: 23, stepIndex: 14 },
  },
  {
    name: "the top of the range, where sample and index stay",
    before: { predictor: 32_000, stepIndex: 88 },
    hex: "7f",
    samples: [32_767, -28_669],
    after: { predictor: -28_669, stepIndex: 88 },
    isCutOff: true,
  },
  {
    name: "the bottom of the range",
    before: { predictor: -32_000, stepIndex: 88 },
    hex: "f8",
    samples: [-32_768, -32_768],
    after: { predictor: -32_768, stepIndex: 87 },
    isCutOff: true,
  },
];

for (const { name, before, hex, samples, after, isCutOff } of VECTORS) {
  test(`decodeAdpcm() decodes ${name}`, () => {
    const decoded = decodeAdpcm(before, fromHex(hex));
    assert.deepEqual([[...decoded.samples], decoded.after], [samples, after]);
  });

  // Of several nibbles that lead beyond the range, another may be taken.
  if (isCutOff) continue;
  test(`encodeAdpcm() encodes ${name}`, () => {
    const encoded = encodeAdpcm(before, Int16Array.from(samples));
    assert.deepEqual([toHex(encoded.nibbles), encoded.after], [hex, after]);
  });
}

test("decodeAdpcm() takes blocks one by one as it takes the whole", () => {
  const nibbles = Uint8Array.from({ length: 1_000 }, (_, i) => (i * 89) & 0xff);
  const whole = decodeAdpcm(ZERO, nibbles);
  let state = ZERO;
  const samples: number[] = [];
  for (let at = 0; at < nibbles.length; at += 240) {
    const block = decodeAdpcm(state, nibbles.subarray(at, at + 240));
    samples.push(...block.samples);
    state = block.after;
  }
  assert.deepEqual([samples, state], [[...whole.samples], whole.after]);
});

test("decodeAdpcm() brings a step index out of range back into it", () => {
  const decoded = decodeAdpcm({ predictor: 0, stepIndex: 200 }, fromHex("00"));
  assert.deepEqual(decoded, decodeAdpcm({ predictor: 0, stepIndex: 88 }, fromHex("00")));
});

test("encodeAdpcm() follows a tone closely", () => {
  const tone = Int16Array.from({ length: 8_000 }, (_, i) => 8_000 * Math.sin(i * 0.2));
  const { samples } = decodeAdpcm(ZERO, encodeAdpcm(ZERO, tone).nibbles);
  const noise = tone.reduce((sum, sample, i) => sum + (sample - (samples[i] ?? 0)) ** 2, 0);
  const signal = tone.reduce((sum, sample) => sum + sample ** 2, 0);
  assert.ok(10 * Math.log10(signal / noise) > 25, `${10 * Math.log10(signal / noise)} dB`);
});
