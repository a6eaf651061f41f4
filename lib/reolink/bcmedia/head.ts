import { DecodeError } from "../../bytes/decode_error.ts";
import { Reader } from "../../bytes/reader.ts";
import {
  type BcMediaFrame,
  type CameraTime,
  FRAME_LIMITS,
  MAX_STEP_INDEX,
  type VideoCodec,
} from "./frame.ts";
import { MAGIC, type VideoMagic, videoMagic, word } from "./magic.ts";

/** The beginning of a frame: all but its payload and padding. */
export interface FrameHead {
  /** Bytes from the magic to the payload. */
  readonly length: number;
  /** Bytes of payload. */
  readonly payloadLength: number;
  /** What the size field says: padding is by this. */
  readonly size: number;
  /** The frame, once its payload is there. */
  readonly finish: (payload: Uint8Array) => BcMediaFrame;
}

const INFO_LENGTH = 32;
const VIDEO_LENGTH = 24;

const CODECS: ReadonlyMap<number, VideoCodec> = new Map([
  [word("H264"), "H264"],
  [word("H265"), "H265"],
]);

/** Bytes 8 and 9 of every ADPCM frame, `00 01`. */
const ADPCM_MARKER = 0x0100;

/**
 * Reads the beginning of a frame; `undefined` while more bytes are needed to know. Throws
 * `DecodeError` as soon as what is there can be no frame: magic, codec, sizes and whatever else is
 * fixed all have to fit, so that random bytes pass for a frame once in 2⁴⁷ times at the most.
 */
export function readHead(bytes: Uint8Array): FrameHead | undefined {
  if (bytes.byteLength < 4) return undefined;
  const reader = new Reader(bytes, "BcMedia frame");
  const magic = reader.u32le();
  const video = videoMagic(magic);
  if (video !== undefined) return readVideoHead(reader, video);
  switch (magic) {
    case MAGIC.infoV1:
      return readInfo(reader, 1);
    case MAGIC.infoV2:
      return readInfo(reader, 2);
    case MAGIC.aac:
      return readAacHead(reader, 0);
    case MAGIC.aacVariant:
      return readAacHead(reader, 1);
    case MAGIC.adpcm:
      return readAdpcmHead(reader);
    default:
      throw refusal("its magic must be known", `0x${magic.toString(16).padStart(8, "0")}`);
  }
}

function readVideoHead(
  reader: Reader,
  { keyframe, channel }: VideoMagic,
): FrameHead | undefined {
  if (reader.remaining < 12) return undefined;
  const codecWord = reader.u32le();
  const codec = CODECS.get(codecWord);
  if (codec === undefined) {
    throw refusal("its codec must be H264 or H265", `0x${codecWord.toString(16)}`);
  }
  const size = reader.u32le();
  const extraLength = reader.u32le();
  if (size > FRAME_LIMITS.payload) {
    throw refusal(`${FRAME_LIMITS.payload} bytes of payload are the most`, size);
  }
  if (extraLength > FRAME_LIMITS.extra) {
    throw refusal(`${FRAME_LIMITS.extra} bytes of additional header are the most`, extraLength);
  }
  if (reader.remaining < 8 + extraLength) return undefined;
  const microseconds = reader.u32le();
  const microsecondsHigh = reader.u32le();
  const extra = reader.take(extraLength);
  const head = { keyframe, channel, codec, microseconds, microsecondsHigh, extra };
  return {
    length: VIDEO_LENGTH + extraLength,
    payloadLength: size,
    size,
    finish: (payload) => ({ type: "video", ...head, payload }),
  };
}

/** Its size counts the whole of it, so nothing is left for a payload. */
function readInfo(reader: Reader, version: 1 | 2): FrameHead | undefined {
  if (reader.remaining < 4) return undefined;
  const size = reader.u32le();
  if (size !== INFO_LENGTH) throw refusal(`an info block has ${INFO_LENGTH} bytes`, size);
  if (reader.remaining < INFO_LENGTH - 8) return undefined;
  const info = {
    type: "info",
    version,
    width: reader.u32le(),
    height: reader.u32le(),
    unknown: reader.u8(),
    fps: reader.u8(),
    start: readTime(reader),
    end: readTime(reader),
  } as const;
  return { length: INFO_LENGTH, payloadLength: 0, size, finish: () => info };
}

function readTime(reader: Reader): CameraTime {
  return {
    year: 1_900 + reader.u8(),
    month: reader.u8(),
    day: reader.u8(),
    hour: reader.u8(),
    minute: reader.u8(),
    second: reader.u8(),
  };
}

function readAacHead(reader: Reader, variant: 0 | 1): FrameHead | undefined {
  const size = readSizeTwice(reader);
  if (size === undefined) return undefined;
  return {
    length: 8,
    payloadLength: size,
    size,
    finish: (payload) => ({ type: "aac", variant, payload }),
  };
}

/** The size counts marker, unknown word and state, which are read as part of the head. */
function readAdpcmHead(reader: Reader): FrameHead | undefined {
  const size = readSizeTwice(reader);
  if (size === undefined) return undefined;
  if (size < 8) throw refusal("an ADPCM frame needs 8 bytes of its size for its head", size);
  if (reader.remaining < 8) return undefined;
  const marker = reader.u16le();
  if (marker !== ADPCM_MARKER) {
    throw refusal("the marker of ADPCM must be 0x0100", `0x${marker.toString(16)}`);
  }
  const unknown = reader.u16le();
  const predictor = (reader.u16le() << 16) >> 16;
  const stepIndex = reader.u8();
  if (stepIndex > MAX_STEP_INDEX) {
    throw refusal(`its step index must be at most ${MAX_STEP_INDEX}`, stepIndex);
  }
  return {
    length: 16,
    payloadLength: size - 8,
    size,
    finish: (nibbles) => ({ type: "adpcm", unknown, predictor, stepIndex, nibbles }),
  };
}

/** Sound says its size twice. */
function readSizeTwice(reader: Reader): number | undefined {
  if (reader.remaining < 4) return undefined;
  const size = reader.u16le();
  const again = reader.u16le();
  if (size !== again) throw refusal("both its sizes must be the same", `${size} and ${again}`);
  return size;
}

function refusal(rule: string, value: string | number): DecodeError {
  return new DecodeError(`Cannot decode BcMedia frame as ${rule}: ${value}`);
}
