/** ADTS, the self-framing form of AAC (ISO/IEC 13818-7 section 6.2). */

import { DecodeError } from "../bytes/decode_error.ts";
import { Reader } from "../bytes/reader.ts";

/** Samples per channel in one AAC frame. */
export const AAC_FRAME_SAMPLES = 1024;

/** Sampling frequencies by `sampling_frequency_index`. */
const SAMPLE_RATES = [
  96_000,
  88_200,
  64_000,
  48_000,
  44_100,
  32_000,
  24_000,
  22_050,
  16_000,
  12_000,
  11_025,
  8_000,
  7_350,
] as const;

/** One frame with what its header says. */
export interface AdtsFrame {
  /** MPEG-4 audio object type; 2 is AAC-LC. */
  readonly objectType: number;
  /** Hertz. */
  readonly sampleRate: number;
  /** `channel_configuration`: up to 6 it is the number of channels. */
  readonly channels: number;
  /** The raw frame, a view on the input. */
  readonly payload: Uint8Array;
}

/** All frames of an ADTS stream. Throws `DecodeError` for a broken header or missing bytes. */
export function splitAdts(bytes: Uint8Array): AdtsFrame[] {
  const reader = new Reader(bytes, "ADTS frame");
  const frames: AdtsFrame[] = [];
  while (reader.remaining > 0) frames.push(readFrame(reader));
  return frames;
}

function readFrame(reader: Reader): AdtsFrame {
  const sync = reader.u16();
  if ((sync & 0xfff6) !== 0xfff0) {
    throw new DecodeError(`Cannot decode ADTS frame as it must begin with fff: 0x${hex(sync)}`);
  }
  const hasCrc = (sync & 1) === 0;
  // profile 2 · sampling_frequency_index 4 · private 1 · channel_configuration 3 · copy flags 4 ·
  // frame length 13 · buffer fullness 11 · raw blocks 2
  const format = reader.u16();
  const sizes = reader.u24();
  const sampleRate = SAMPLE_RATES[(format >>> 10) & 0x0f];
  if (sampleRate === undefined) {
    throw new DecodeError(
      `Cannot decode ADTS frame as its sample rate is reserved: 0x${hex(format)}`,
    );
  }
  if ((sizes & 3) !== 0) {
    throw new DecodeError("Cannot decode ADTS frame as one raw block is the most it may hold");
  }
  const length = ((format & 3) << 11) | (sizes >>> 13);
  const headerLength = hasCrc ? 9 : 7;
  if (length < headerLength) {
    throw new DecodeError(
      `Cannot decode ADTS frame as its length must cover its header of ${headerLength}: ${length}`,
    );
  }
  reader.skip(headerLength - 7);
  return {
    objectType: (format >>> 14) + 1,
    sampleRate,
    channels: (format >>> 6) & 7,
    payload: reader.take(length - headerLength),
  };
}

/** The AudioSpecificConfig a decoder needs in place of ADTS headers. */
export function audioSpecificConfig(frame: AdtsFrame): Uint8Array {
  const index = SAMPLE_RATES.findIndex((rate) => rate === frame.sampleRate);
  const bits = (frame.objectType << 11) | (index << 7) | (frame.channels << 3);
  return Uint8Array.of(bits >>> 8, bits & 0xff);
}

function hex(value: number): string {
  return value.toString(16).padStart(4, "0");
}
