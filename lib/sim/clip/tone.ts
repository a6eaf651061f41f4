/** Seconds until the sound repeats. */
export const TONE_SECONDS = 16;

/**
 * The clip's sound, one turn of it: a soft fifth, and a short tick at each full second, higher where
 * it begins. The same as scripts/make_clip.ts has AAC made of.
 */
export function makeTone(sampleRate: number): Int16Array {
  return Int16Array.from({ length: TONE_SECONDS * sampleRate }, (_, i) => {
    const t = i / sampleRate;
    const inSecond = t % 1;
    const tick = inSecond < 0.2
      ? 0.3 * sine(t < 1 ? 1_760 : 1_320, t) * Math.exp(-40 * inSecond)
      : 0;
    return Math.round(0x7fff * (0.05 * sine(220, t) + 0.035 * sine(330, t) + tick));
  });
}

function sine(frequency: number, t: number): number {
  return Math.sin(2 * Math.PI * frequency * t);
}
