/** G.711: samples of 16 bits in 8, which every RTSP player takes at 8000 Hz. @module */

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

/** The sample each byte of A-law stands for, in 16 bits. */
export function decodeALaw(bytes: Uint8Array): Int16Array {
  return Int16Array.from(bytes, (byte) => {
    const code = byte ^ 0x55;
    const segment = (code >>> 4) & 7;
    // The middle of the step; the two lowest segments have steps of the same size.
    const step = ((code & 0x0f) << 4) + 8;
    const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
    return (code & 0x80) === 0 ? -magnitude : magnitude;
  });
}

/** The sample each byte of µ-law stands for, in 16 bits; all its bits are sent inverted. */
export function decodeMuLaw(bytes: Uint8Array): Int16Array {
  const bias = 0x84;
  return Int16Array.from(bytes, (byte) => {
    const code = ~byte & 0xff;
    const magnitude = ((((code & 0x0f) << 3) + bias) << ((code >>> 4) & 7)) - bias;
    return (code & 0x80) === 0 ? magnitude : -magnitude;
  });
}
