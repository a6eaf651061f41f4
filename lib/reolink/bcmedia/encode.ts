/** Frames as bytes, padding included: what the simulated camera sends, and talk. @module */

import { Writer } from "../../bytes/writer.ts";
import {
  type AacFrame,
  type AdpcmFrame,
  type BcMediaFrame,
  type CameraTime,
  type InfoFrame,
  MAX_STEP_INDEX,
  paddingOf,
  type VideoFrame,
} from "./frame.ts";
import { MAGIC, magicOfVideo, word } from "./magic.ts";

/** The most that fits the 16 bits of a size of sound. */
const MAX_SOUND_SIZE = 0xffff;

/** Any frame. Throws `RangeError` for values that fit no field. */
export function encodeFrame(frame: BcMediaFrame, padding = 0): Uint8Array {
  switch (frame.type) {
    case "info":
      return encodeInfo(frame);
    case "video":
      return encodeVideoFrame(frame, padding);
    case "aac":
      return encodeAac(frame, padding);
    case "adpcm":
      return encodeAdpcm(frame, padding);
  }
}

export function encodeInfo(info: InfoFrame): Uint8Array {
  const writer = new Writer(32);
  writer.u32le(info.version === 1 ? MAGIC.infoV1 : MAGIC.infoV2).u32le(32);
  writer.u32le(info.width).u32le(info.height).u8(info.unknown).u8(info.fps);
  writeTime(writer, info.start);
  writeTime(writer, info.end);
  return writer.u16le(0).finish();
}

/** @param padding Value of the padding bytes, which real cameras leave to chance. */
export function encodeVideoFrame(frame: VideoFrame, padding = 0): Uint8Array {
  const { keyframe, channel, codec, extra, payload } = frame;
  const size = payload.byteLength;
  const writer = new Writer(24 + extra.byteLength + size + paddingOf(size));
  writer.u32le(magicOfVideo(keyframe, channel)).u32le(word(codec));
  writer.u32le(size).u32le(extra.byteLength);
  writer.u32le(frame.microseconds).u32le(frame.microsecondsHigh);
  writer.bytes(extra).bytes(payload);
  return pad(writer, size, padding);
}

/** @param padding As for {@link encodeVideoFrame}. */
function encodeAac({ variant, payload }: AacFrame, padding = 0): Uint8Array {
  const size = soundSize(payload.byteLength);
  const writer = new Writer(8 + size + paddingOf(size));
  writer.u32le(variant === 0 ? MAGIC.aac : MAGIC.aacVariant).u16le(size).u16le(size);
  return pad(writer.bytes(payload), size, padding);
}

/** @param padding As for {@link encodeVideoFrame}. */
export function encodeAdpcm(frame: AdpcmFrame, padding = 0): Uint8Array {
  const { predictor, stepIndex, nibbles } = frame;
  if (!Number.isInteger(stepIndex) || stepIndex < 0 || stepIndex > MAX_STEP_INDEX) {
    throw new RangeError(`Cannot encode ADPCM as its step index must be 0 to 88: ${stepIndex}`);
  }
  const size = soundSize(8 + nibbles.byteLength);
  const writer = new Writer(8 + size + paddingOf(size));
  writer.u32le(MAGIC.adpcm).u16le(size).u16le(size).u16le(0x0100).u16le(frame.unknown);
  writer.u16le(predictor & 0xffff).u8(stepIndex).u8(0).bytes(nibbles);
  return pad(writer, size, padding);
}

/** The two words of a camera's microsecond counter. */
export function splitMicroseconds(
  microseconds: number,
): Pick<VideoFrame, "microseconds" | "microsecondsHigh"> {
  return {
    microseconds: microseconds % 2 ** 32,
    microsecondsHigh: Math.floor(microseconds / 2 ** 32),
  };
}

function soundSize(size: number): number {
  if (size <= MAX_SOUND_SIZE) return size;
  throw new RangeError(`Cannot encode sound as its size is ${MAX_SOUND_SIZE} at most: ${size}`);
}

function writeTime(writer: Writer, time: CameraTime): void {
  writer.u8(time.year - 1_900).u8(time.month).u8(time.day);
  writer.u8(time.hour).u8(time.minute).u8(time.second);
}

function pad(writer: Writer, size: number, value: number): Uint8Array {
  return writer.bytes(new Uint8Array(paddingOf(size)).fill(value)).finish();
}
