/** Movie fragments: samples of one track and all a player needs to know of them. @module */

import { Writer } from "../bytes/writer.ts";
import { BOX_HEADER_LENGTH, writeBoxHeader } from "./box.ts";

/** What is decoded at one time: a picture, or some sound. */
export interface Sample {
  /** Its bytes, part after part. */
  readonly parts: readonly Uint8Array[];
  /** In units of the track's clock, as all times here. */
  readonly duration: number;
  /** From being decoded to being shown. */
  readonly offset: number;
  /** Whether decoding can start with it. */
  readonly isSync: boolean;
}

export interface Fragment {
  /** Grows from one fragment to the next, over all tracks. */
  readonly sequence: number;
  readonly track: number;
  readonly decodeAt: number;
  readonly samples: readonly Sample[];
}

const FULL_BOX_LENGTH = BOX_HEADER_LENGTH + 4;
const SEQUENCE_LENGTH = FULL_BOX_LENGTH + 4;
const TRACK_HEADER_LENGTH = FULL_BOX_LENGTH + 4;
const DECODE_TIME_LENGTH = FULL_BOX_LENGTH + 8;
const RUN_HEADER_LENGTH = FULL_BOX_LENGTH + 8;
const SAMPLE_LENGTH = 16;

/** Offsets count from the beginning of `moof`. */
const DEFAULT_BASE_IS_MOOF = 0x02_0000;

/** Data offset; duration, size, flags and offset of each sample. */
const RUN_FLAGS = 0x0f01;

/** What is said of a sample: that it needs no other, or that it does and is no place to start. */
const SAMPLE_FLAGS = { sync: 0x0200_0000, other: 0x0101_0000 } as const;

/** `moof` and `mdat` (ISO/IEC 14496-12 section 8.8) of one fragment, which has a sample at least. */
export function writeFragment({ sequence, track, decodeAt, samples }: Fragment): Uint8Array {
  const runLength = RUN_HEADER_LENGTH + SAMPLE_LENGTH * samples.length;
  const trackLength = BOX_HEADER_LENGTH + TRACK_HEADER_LENGTH + DECODE_TIME_LENGTH + runLength;
  const headLength = BOX_HEADER_LENGTH + SEQUENCE_LENGTH + trackLength;
  const dataLength = samples.reduce((sum, { parts }) => sum + lengthOf(parts), 0);
  const writer = new Writer(headLength + BOX_HEADER_LENGTH + dataLength);
  writeBoxHeader(writer, "moof", headLength - BOX_HEADER_LENGTH);
  fullHeader(writer, "mfhd", SEQUENCE_LENGTH, 0, 0).u32(sequence);
  writeBoxHeader(writer, "traf", trackLength - BOX_HEADER_LENGTH);
  fullHeader(writer, "tfhd", TRACK_HEADER_LENGTH, 0, DEFAULT_BASE_IS_MOOF).u32(track);
  fullHeader(writer, "tfdt", DECODE_TIME_LENGTH, 1, 0)
    .u32(Math.floor(decodeAt / 2 ** 32)).u32(decodeAt % 2 ** 32);
  fullHeader(writer, "trun", runLength, 1, RUN_FLAGS)
    .u32(samples.length).u32(headLength + BOX_HEADER_LENGTH);
  for (const { parts, duration, offset, isSync } of samples) {
    writer.u32(duration).u32(lengthOf(parts));
    writer.u32(isSync ? SAMPLE_FLAGS.sync : SAMPLE_FLAGS.other);
    writer.u32(offset >>> 0); // signed in version 1
  }
  writeBoxHeader(writer, "mdat", dataLength);
  for (const { parts } of samples) {
    for (const part of parts) writer.bytes(part);
  }
  return writer.finish();
}

function fullHeader(
  writer: Writer,
  name: string,
  length: number,
  version: number,
  flags: number,
): Writer {
  writeBoxHeader(writer, name, length - BOX_HEADER_LENGTH);
  return writer.u8(version).u24(flags);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}
