import { concatBytes } from "../../bytes/bytes.ts";
import { decodeDvi4 } from "../../media/dvi4.ts";
import type { AacTrack, AccessUnit, Track } from "../../media/track.ts";
import type { VideoCodec } from "../../reolink/bcmedia/frame.ts";
import { CLIP_AUDIO, CLIP_VIDEO, loadClip } from "../clip/clip.ts";

export const VIDEO_KINDS = CLIP_VIDEO;
export const AUDIO_KINDS = CLIP_AUDIO;

export type VideoKind = typeof VIDEO_KINDS[number];
export type AudioKind = typeof AUDIO_KINDS[number];

/** The clip's pictures, which are the same size in either codec. */
export const PICTURE = { width: 640, height: 360, fps: 25 } as const;

/** One frame of the clip as a camera has it, but for the time. */
export type Piece =
  | {
    readonly type: "video";
    readonly keyframe: boolean;
    readonly codec: VideoCodec;
    /** Annex B. */
    readonly payload: Uint8Array;
  }
  /** An ADTS frame. */
  | { readonly type: "aac"; readonly payload: Uint8Array }
  | {
    readonly type: "adpcm";
    readonly predictor: number;
    readonly stepIndex: number;
    readonly nibbles: Uint8Array;
  };

/** A frame and when it is due, in milliseconds from the beginning of the clip. */
export interface TimedPiece {
  readonly dueAt: number;
  readonly piece: Piece;
}

/** The test picture cut up as a camera would; begins with a key frame. */
export interface Material {
  readonly pieces: readonly TimedPiece[];
  /** Milliseconds until it repeats. */
  readonly duration: number;
}

/** Loads each kind of material once, when it is first wanted. */
export class MaterialStore {
  readonly #loaded = new Map<string, Material>();

  get(video: VideoKind, audio: AudioKind): Material {
    const key = `${video} ${audio}`;
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    const material = loadMaterial(video, audio);
    this.#loaded.set(key, material);
    return material;
  }
}

function loadMaterial(video: VideoKind, audio: AudioKind): Material {
  const { tracks, units, duration } = loadClip({ video, audio });
  const byId = new Map(tracks.map((track) => [track.id, track]));
  const pieces = units.flatMap(({ dueAt, unit }) => {
    const track = byId.get(unit.trackId);
    return track === undefined ? [] : [{ dueAt, piece: cut(track, unit) }];
  });
  return { pieces, duration };
}

function cut(track: Track, { keyframe, parts }: AccessUnit): Piece {
  const [first = new Uint8Array(0)] = parts;
  switch (track.codec) {
    case "H264":
    case "H265":
      return { type: "video", keyframe, codec: track.codec, payload: joinAnnexB(parts) };
    case "MPEG4-GENERIC":
      return { type: "aac", payload: withAdtsHeader(track, first) };
    case "packed": {
      const { state, nibbles } = decodeDvi4(first);
      return { type: "adpcm", ...state, nibbles };
    }
  }
}

/** The first start code is of four bytes, the others of three [capture]. */
function joinAnnexB(parts: readonly Uint8Array[]): Uint8Array {
  const start = Uint8Array.of(0, 0, 1);
  return concatBytes([Uint8Array.of(0), ...parts.flatMap((part) => [start, part])]);
}

/** MPEG-4, no checksum, one frame, buffer fullness not told (ISO/IEC 13818-7 section 6.2). */
function withAdtsHeader({ config }: AacTrack, frame: Uint8Array): Uint8Array {
  const [high = 0, low = 0] = config;
  // object type 5 · sampling_frequency_index 4 · channel configuration 4 · 0
  const bits = high * 256 + low;
  const objectType = bits >>> 11;
  const length = 7 + frame.byteLength;
  const format = ((objectType - 1) << 14) | (((bits >>> 7) & 15) << 10) |
    (((bits >>> 3) & 15) << 6) | (length >>> 11);
  const sizes = ((length & 0x7ff) << 5) | 0x1f;
  const header = [0xff, 0xf1, format >>> 8, format & 255, sizes >>> 8, sizes & 255, 0xfc];
  return concatBytes([Uint8Array.from(header), frame]);
}
