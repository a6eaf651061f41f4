/**
 * BcMedia, the container of a Baichuan preview: frame after frame, in the payloads of media
 * messages.
 *
 * A frame is a magic word, a header, a payload, and padding that brings the size field up to a
 * multiple of 8. Padding is arbitrary bytes: one key frame of the captures has seven that are not
 * zero [capture]. All integers are little-endian.
 *
 * @module
 */

export type BcMediaFrame = InfoFrame | VideoFrame | AacFrame | AdpcmFrame;

/** What the stream is; comes first, and says nothing a decoder needs. */
export interface InfoFrame {
  readonly type: "info";
  /** `1001` or `1002`; what differs but the magic is not known. */
  readonly version: 1 | 2;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Byte 16, 0 or 1 so far. */
  readonly unknown: number;
  /** A hint at best: one capture says 30 while its frames are 62 ms apart [capture]. */
  readonly fps: number;
  /** Of a recording, in the camera's local time; both are the same in previews. */
  readonly start: CameraTime;
  readonly end: CameraTime;
}

/** A moment as the camera's own clock shows it, in a time zone that is not said. */
export interface CameraTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export type VideoCodec = "H264" | "H265";

/** One access unit. */
export interface VideoFrame {
  readonly type: "video";
  readonly keyframe: boolean;
  /** The digit in its magic, 0 to 9. */
  readonly channel: number;
  readonly codec: VideoCodec;
  /** Microseconds the camera has been up, low 32 bits. */
  readonly microseconds: number;
  /** In all captures the high 32 bits of the same counter; nobody documents it [inferred]. */
  readonly microsecondsHigh: number;
  /**
   * The additional header: 0, 8 or 16 bytes so far. A key frame's begins with POSIX seconds, the
   * rest is unknown.
   */
  readonly extra: Uint8Array;
  /** In the byte stream format, Annex B. */
  readonly payload: Uint8Array;
}

/** Some AAC; carries no time. */
export interface AacFrame {
  readonly type: "aac";
  /** `05wb`, or `15wb`, which has been seen and not explained. */
  readonly variant: 0 | 1;
  /** ADTS frames, usually one. */
  readonly payload: Uint8Array;
}

/** A block of IMA ADPCM; carries no time. */
export interface AdpcmFrame {
  readonly type: "adpcm";
  /**
   * The word after the marker. Half the block's length in the captures, 2 on other cameras; nobody
   * reads it.
   */
  readonly unknown: number;
  /** State of the decoder before the first nibble. */
  readonly predictor: number;
  /** 0 to 88. */
  readonly stepIndex: number;
  /** Two samples a byte, high nibble first [capture]. */
  readonly nibbles: Uint8Array;
}

/** Payload and additional header of a frame, in bytes. More is taken for a broken header. */
export const FRAME_LIMITS = {
  /**
   * Key frames of 4K cameras stay below 2 MiB, and nothing behind this source takes an access unit
   * of more than 8.
   */
  payload: 8 << 20,
  /** 16 is the most that has been seen. */
  extra: 256,
} as const;

/** Highest step index of IMA ADPCM. */
export const MAX_STEP_INDEX = 88;

/** Length of padding behind a frame whose size field says `size`. */
export function paddingOf(size: number): number {
  return (8 - (size & 7)) & 7;
}

/** Seconds since 1970 by the camera's clock; key frames alone have them, and not all of those. */
export function posixTimeOf({ keyframe, extra }: VideoFrame): number | undefined {
  if (!keyframe || extra.byteLength < 4) return undefined;
  return new DataView(extra.buffer, extra.byteOffset).getUint32(0, true);
}
