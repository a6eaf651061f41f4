/**
 * Fragmented MP4 out of a camera's access units, for browsers: H.264 or H.265, and sound where
 * browsers have a way to play it.
 *
 * @module
 */

import { Writer } from "../bytes/writer.ts";
import type { AccessUnit, Track } from "../media/track.ts";
import { aacCodec } from "./aac_codec.ts";
import { flacCodec } from "./flac_codec.ts";
import { type Sample, writeFragment } from "./fragment.ts";
import { initSegment } from "./init_segment.ts";
import { NalLane } from "./nal_lane.ts";
import { PictureClock } from "./picture_clock.ts";
import type { SoundCodec } from "./sound_codec.ts";
import { SoundFlow, type SoundRun } from "./sound_flow.ts";
import type { VideoEntry } from "./video_entry.ts";

/** A gap in time longer than this, in seconds, ends the movie. */
export const MAX_HOLE = 60;

export type MuxedPiece =
  /** The first piece: what the movie is and how it is decoded. */
  | {
    readonly type: "start";
    /** With codecs, as browsers want to know beforehand: `video/mp4; codecs="avc1.640028"`. */
    readonly contentType: string;
    readonly width: number;
    readonly height: number;
    readonly bytes: Uint8Array;
  }
  /** Some pictures or sound. */
  | { readonly type: "media"; readonly bytes: Uint8Array }
  /** The last piece: what follows does not fit what was said, and needs a movie of its own. */
  | { readonly type: "changed" };

export interface MuxerOptions {
  readonly tracks: readonly Track[];
  /** Whether to take sound along. */
  readonly sound: boolean;
}

const VIDEO_NUMBER = 1;
const SOUND_NUMBER = 2;

/** Sound and its place in time. */
interface SoundLane {
  readonly track: Track;
  readonly codec: SoundCodec;
  readonly flow: SoundFlow;
}

export class Fmp4Muxer {
  /** Encodings of tracks left out: browsers cannot play them, or one of the kind is enough. */
  readonly leftOut: readonly string[];
  readonly #video: NalLane;
  readonly #sound: SoundLane | undefined;
  readonly #clock: PictureClock;
  /** Timestamp of the first picture, which is shown at 0. */
  #origin: number | undefined;
  #shownLast = 0;
  #sequence = 0;
  #isOver = false;

  private constructor(video: NalLane, { tracks, sound }: MuxerOptions) {
    this.#video = video;
    this.#sound = sound ? soundLane(tracks) : undefined;
    this.#clock = new PictureClock(video.track.clockRate);
    const taken = [video.track, this.#sound?.track];
    this.leftOut = tracks.filter((track) => !taken.includes(track))
      .filter(({ kind }) => kind === "video" || sound)
      .map(encodingOf);
  }

  /** A muxer for these tracks, or `undefined` where none of them is H.264 or H.265. */
  static of(options: MuxerOptions): Fmp4Muxer | undefined {
    const [video] = options.tracks.flatMap((track) => NalLane.of(track) ?? []);
    return video && new Fmp4Muxer(video, options);
  }

  /** Id of the track whose pictures are shown. */
  get videoTrack(): number {
    return this.#video.track.id;
  }

  /** What comes of the next access unit. The movie begins with a key frame. */
  push(unit: AccessUnit): MuxedPiece[] {
    if (this.#isOver) return [];
    if (unit.trackId === this.#video.track.id) return this.#pushPicture(unit);
    if (unit.trackId === this.#sound?.track.id) return this.#pushSound(this.#sound, unit);
    return [];
  }

  #pushPicture(unit: AccessUnit): MuxedPiece[] {
    const { units, isNew } = this.#video.take(unit);
    const pieces: MuxedPiece[] = [];
    if (this.#origin === undefined) {
      const { entry } = this.#video;
      if (!unit.keyframe || entry === undefined) return [];
      this.#origin = unit.timestamp;
      pieces.push(this.#start(entry));
    } else if (isNew) return this.#end();
    const shownAt = unit.timestamp - this.#origin;
    const { clockRate } = this.#video.track;
    if (Math.abs(shownAt - this.#shownLast) > MAX_HOLE * clockRate) return this.#end();
    this.#shownLast = shownAt;
    if (units.length > 0) {
      const { decodeAt, duration, offset } = this.#clock.place(shownAt);
      const parts = withLengths(units);
      pieces.push(
        this.#media(VIDEO_NUMBER, decodeAt, [{ parts, duration, offset, isSync: unit.keyframe }]),
      );
    }
    const silence = this.#sound?.flow.keepUp(shownAt / clockRate);
    return silence === undefined ? pieces : [...pieces, ...this.#soundMedia(silence)];
  }

  #pushSound({ track, flow }: SoundLane, unit: AccessUnit): MuxedPiece[] {
    if (this.#origin === undefined) return [];
    const origin = this.#origin / this.#video.track.clockRate;
    const heardAt = unit.timestamp - Math.round(origin * track.clockRate);
    const ahead = heardAt / track.clockRate - this.#shownLast / this.#video.track.clockRate;
    return Math.abs(ahead) > MAX_HOLE
      ? this.#end()
      : this.#soundMedia(flow.take(heardAt, unit.parts));
  }

  #start({ codec, width, height, box }: VideoEntry): MuxedPiece {
    const sound = this.#sound?.codec;
    const codecs = sound === undefined ? codec : `${codec}, ${sound.name}`;
    const tracks = [
      {
        number: VIDEO_NUMBER,
        timescale: this.#video.track.clockRate,
        entry: box,
        size: { width, height },
      },
      ...(sound === undefined ? [] : [{
        number: SOUND_NUMBER,
        timescale: sound.rate,
        entry: sound.entry,
        size: undefined,
      }]),
    ];
    const contentType = `video/mp4; codecs="${codecs}"`;
    return { type: "start", contentType, width, height, bytes: initSegment(tracks) };
  }

  #soundMedia({ decodeAt, samples }: SoundRun): MuxedPiece[] {
    return samples.length === 0 ? [] : [this.#media(SOUND_NUMBER, decodeAt, samples)];
  }

  #media(track: number, decodeAt: number, samples: readonly Sample[]): MuxedPiece {
    this.#sequence += 1;
    const bytes = writeFragment({ sequence: this.#sequence, track, decodeAt, samples });
    return { type: "media", bytes };
  }

  #end(): MuxedPiece[] {
    this.#isOver = true;
    return [{ type: "changed" }];
  }
}

function soundLane(tracks: readonly Track[]): SoundLane | undefined {
  for (const track of tracks) {
    const codec = aacCodec(track) ?? flacCodec(track);
    if (codec !== undefined) return { track, codec, flow: new SoundFlow(codec) };
  }
  return undefined;
}

function encodingOf(track: Track): string {
  return track.codec === "packed" ? track.encoding : track.codec;
}

/** Each NAL unit behind its length, in 32 bits. */
function withLengths(units: readonly Uint8Array[]): Uint8Array[] {
  return units.flatMap((unit) => [new Writer(4).u32(unit.byteLength).finish(), unit]);
}
