/** Tones, made and recognised. @module */

/** A tone of this many samples. */
export function tone(hertz: number, rate: number, length: number, from = 0): Int16Array {
  return Int16Array.from({ length }, (_, i) => {
    return Math.round(8_000 * Math.sin(2 * Math.PI * hertz * (from + i) / rate));
  });
}

/** How strong a frequency is: its amplitude in samples (Goertzel's algorithm). */
export function strengthOf(hertz: number, samples: Int16Array, rate: number): number {
  const turn = 2 * Math.cos(2 * Math.PI * hertz / rate);
  let older = 0;
  let old = 0;
  for (let i = 0; i < samples.length; i++) {
    const next = (samples[i] ?? 0) + turn * old - older;
    older = old;
    old = next;
  }
  return 2 * Math.sqrt(older ** 2 + old ** 2 - turn * older * old) / samples.length;
}

/** The strongest frequency that G.711 can hold, from 100 Hz on in steps of 20. */
export function pitchOf(samples: Int16Array, rate: number): number {
  let best = 0;
  let strongest = 0;
  for (let hertz = 100; hertz < Math.min(4_000, rate / 2); hertz += 20) {
    const strength = strengthOf(hertz, samples, rate);
    if (strength > strongest) [best, strongest] = [hertz, strength];
  }
  return best;
}
