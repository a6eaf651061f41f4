import { equalBytes } from "../../bytes/bytes.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import type { Instant } from "../../machine.ts";
import { isH264Keyframe } from "../../media/h264.ts";
import { isH265Keyframe } from "../../media/h265.ts";
import type { AccessUnit, H264Track, H265Track } from "../../media/track.ts";
import { CameraClock } from "./camera_clock.ts";
import type { VideoCodec, VideoFrame } from "./frame.ts";
import { PARAMETER_SETS, type Picture, readPicture } from "./picture.ts";

/** RTP's clock for all video. */
const CLOCK_RATE = 90_000;

/** Parameter sets of real cameras have less than 100 bytes. Longer ones make no track. */
export const MAX_SET_BYTES = 4_096;

/** A picture to be passed on. */
export interface PlacedPicture {
  readonly unit: AccessUnit;
  /** Microseconds since the first picture. */
  readonly position: number;
  /** It begins a track that differs from the one before. */
  readonly newTrack: boolean;
}

/** Frames that were not passed on, by cause. They only grow. */
export interface VideoCounters {
  /** Left out since frames before them were missing. */
  skipped: number;
  /** Left out as they cannot be read, or belong to another channel. */
  bad: number;
}

/** The pictures of a preview: from its frames to access units of one track. */
export class VideoLane {
  readonly #id: number;
  readonly #clock = new CameraClock();
  readonly counters: VideoCounters = { skipped: 0, bad: 0 };
  #track: H264Track | H265Track | undefined;
  #channel: number | undefined;
  /** Nothing makes sense before the next key frame. */
  #isWaiting = true;
  #lastTimestamp = -1;

  constructor(id: number) {
    this.#id = id;
  }

  /** Known from the first key frame on. */
  get track(): H264Track | H265Track | undefined {
    return this.#track;
  }

  /** Times the camera's clock leapt. */
  get leaps(): number {
    return this.#clock.leaps;
  }

  /** Frames may be missing. */
  gap(): void {
    this.#isWaiting = true;
  }

  /** The camera begins anew, maybe with another clock. */
  restart(): void {
    this.gap();
    this.#clock.restart();
  }

  /** The next picture; `undefined` for a frame that cannot be passed on, or not yet. */
  take(now: Instant, frame: VideoFrame): PlacedPicture | undefined {
    const picture = tryDecode(() => readPicture(frame.codec, frame.payload));
    if (picture === undefined || picture.units.length === 0 || !this.#isOurs(frame)) {
      this.counters.bad++;
      return undefined;
    }
    const keyframe = frame.keyframe || hasKeyframe(frame.codec, picture);
    const track = keyframe ? this.#trackOf(frame.codec, picture) : this.#track;
    if (track?.codec !== frame.codec || (this.#isWaiting && !keyframe)) {
      this.#isWaiting = true;
      this.counters.skipped++;
      return undefined;
    }
    const newTrack = track !== this.#track;
    this.#track = track;
    this.#isWaiting = false;
    const position = this.#clock.place(now, frame.microseconds);
    const parts = keyframe ? withSets(track, picture) : picture.units;
    const timestamp = this.#timestampOf(position);
    return { unit: { trackId: this.#id, timestamp, keyframe, parts }, position, newTrack };
  }

  /** Recorders have a preview for each channel: frames that stray in from another are not ours. */
  #isOurs({ channel }: VideoFrame): boolean {
    this.#channel ??= channel;
    return channel === this.#channel;
  }

  #timestampOf(position: number): number {
    const timestamp = Math.round(position * CLOCK_RATE / 1_000_000);
    this.#lastTimestamp = Math.max(timestamp, this.#lastTimestamp + 1);
    return this.#lastTimestamp;
  }

  /** The track of a key frame: the present one unless its parameter sets are others. */
  #trackOf(codec: VideoCodec, { sets }: Picture): H264Track | H265Track | undefined {
    const before = this.#track?.codec === codec ? this.#track : undefined;
    const known = before === undefined ? [] : setsOf(before);
    const [first, second, third] = PARAMETER_SETS[codec].map((type, i) => {
      const set = sets.get(type);
      return set === undefined || set.byteLength > MAX_SET_BYTES ? known[i] : set;
    });
    if (first === undefined || second === undefined) return undefined;
    const now = third === undefined ? [first, second] : [first, second, third];
    if (known.length === now.length && now.every((set, i) => isSame(set, known[i]))) return before;
    const base = { id: this.#id, kind: "video", clockRate: CLOCK_RATE } as const;
    // Copies: a view would keep the whole key frame.
    if (codec === "H264") {
      return { ...base, codec, sps: first.slice(), pps: second.slice() };
    }
    if (third === undefined) return undefined;
    return { ...base, codec, vps: first.slice(), sps: second.slice(), pps: third.slice() };
  }
}

function hasKeyframe(codec: VideoCodec, { units }: Picture): boolean {
  return codec === "H264" ? isH264Keyframe(units) : isH265Keyframe(units);
}

/** In the order of `PARAMETER_SETS`. */
function setsOf(track: H264Track | H265Track): Uint8Array[] {
  return track.codec === "H264" ? [track.sps, track.pps] : [track.vps, track.sps, track.pps];
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && equalBytes(a, b);
}

/** A key frame with every parameter set in front, for viewers that join with it. */
function withSets(
  track: H264Track | H265Track,
  { units, sets }: Picture,
): readonly Uint8Array[] {
  const all = setsOf(track);
  const missing = all.filter((_, i) => !sets.has(PARAMETER_SETS[track.codec][i] ?? -1));
  return missing.length === 0 ? units : [...missing, ...units];
}
