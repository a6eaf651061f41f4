import assert from "node:assert/strict";
import { test } from "node:test";
import { pitchOf, strengthOf, tone } from "../../tests/support/tone.ts";
import { Resampler } from "./resampler.ts";

for (const rate of [4_000, 8_000, 11_025, 16_000, 44_100, 48_000]) {
  test(`Resampler makes ${rate} Hz of 8000, as much as it lasts and at the same pitch`, () => {
    const output = new Resampler(8_000, rate).push(tone(1_000, 8_000, 8_000));
    assert.ok(Math.abs(output.length - rate) <= 1 + rate / 8_000, `${output.length} samples`);
    assert.equal(pitchOf(output, rate), 1_000);
  });
}

test("Resampler gives the same however its input is cut", () => {
  const input = tone(700, 8_000, 1_000);
  for (const rate of [6_000, 8_000, 11_025, 16_000]) {
    const whole = new Resampler(8_000, rate).push(input);
    const resampler = new Resampler(8_000, rate);
    const pieces: number[] = [];
    for (let at = 0, size = 0; at < input.length; at += size, size = (size + 7) % 53) {
      pieces.push(...resampler.push(input.subarray(at, at + size)));
    }
    assert.ok(Math.abs(pieces.length - whole.length) <= 1, `${rate} Hz`);
    for (const [i, sample] of pieces.entries()) {
      assert.ok(Math.abs(sample - (whole[i] ?? sample)) <= 1, `${rate} Hz, sample ${i}`);
    }
  }
});

for (
  const { hertz, loss, image } of [
    { hertz: 300, loss: 0.2, image: -60 },
    { hertz: 1_000, loss: 1, image: -56 },
    { hertz: 2_000, loss: 3, image: -33 },
    { hertz: 3_000, loss: 6.5, image: -20 },
  ]
) {
  test(`Resampler takes at most ${loss} dB of ${hertz} Hz, and keeps its mirror image low`, () => {
    const output = new Resampler(8_000, 16_000).push(tone(hertz, 8_000, 8_000));
    const decibels = (at: number) => 20 * Math.log10(strengthOf(at, output, 16_000) / 8_000);
    assert.ok(decibels(hertz) > -loss, `${decibels(hertz)} dB`);
    assert.ok(decibels(8_000 - hertz) < image, `${decibels(8_000 - hertz)} dB`);
  });
}
