/** G.711 A-law: sound of 16 bits in 8, what every RTSP player takes at 8000 Hz. @module */

/** The byte of each sample, A-law of ITU-T G.711, even bits inverted as they are sent. */
export function encodeALaw(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(samples.length);
  for (const [i, sample] of samples.entries()) bytes[i] = encodeSample(sample);
  return bytes;
}

/** Sign, three bits of segment, four bits of the place in it. */
function encodeSample(sample: number): number {
  // Of negative values, -1 is the one next to 0, so that both halves have equally many.
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const sign = sample < 0 ? 0 : 0x80;
  if (magnitude < 16) return (sign | magnitude) ^ 0x55;
  const segment = 28 - Math.clz32(magnitude);
  return (sign | (segment << 4) | ((magnitude >> (segment - 1)) & 0x0f)) ^ 0x55;
}
