/** The simulator's clip as the frames a camera would send. @module */

import { concatBytes } from "../../lib/bytes/bytes.ts";
import { decodeDvi4 } from "../../lib/media/dvi4.ts";
import type { AccessUnit, Track } from "../../lib/media/track.ts";
import { splitMicroseconds } from "../../lib/reolink/bcmedia/encode.ts";
import type { BcMediaFrame } from "../../lib/reolink/bcmedia/frame.ts";

/** The frame of one unit, made `microseconds` after the camera was switched on. */
export function frameOf(
  track: Track,
  { keyframe, parts }: AccessUnit,
  microseconds: number,
): BcMediaFrame {
  const [first = new Uint8Array(0)] = parts;
  switch (track.codec) {
    case "H264":
    case "H265": {
      const payload = concatBytes(parts.flatMap((part) => [Uint8Array.of(0, 0, 0, 1), part]));
      const counter = splitMicroseconds(microseconds);
      const extra = new Uint8Array(keyframe ? 16 : 8);
      const { codec } = track;
      return { type: "video", keyframe, channel: 0, codec, ...counter, extra, payload };
    }
    case "packed": {
      const { state, nibbles } = decodeDvi4(first);
      return { type: "adpcm", unknown: 122, ...state, nibbles };
    }
    case "MPEG4-GENERIC": {
      // AAC-LC, 16 kHz, mono, as the clip has it.
      const length = 7 + first.byteLength;
      const sizes = [0x40 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f];
      const header = Uint8Array.of(0xff, 0xf1, 0x60, ...sizes, 0xfc);
      return { type: "aac", variant: 0, payload: concatBytes([header, first]) };
    }
  }
}
