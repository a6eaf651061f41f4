import { tryDecode } from "../../bytes/try_decode.ts";
import { AAC_FRAME_SAMPLES, audioSpecificConfig, splitAdts } from "../../media/adts.ts";
import { encodeALaw } from "../../media/g711.ts";
import { decodeAdpcm } from "../../media/ima_adpcm.ts";
import { sameTracks } from "../../media/same_tracks.ts";
import type { AacTrack, AccessUnit, PackedTrack } from "../../media/track.ts";
import type { AacFrame, AdpcmFrame } from "./frame.ts";
import { SoundClock } from "./sound_clock.ts";

/** AAC as it comes; ADPCM as G.711, since hardly any player takes it over RTP. */
export type SoundTrack = AacTrack | PackedTrack;

/** Nothing says so, but no camera was seen with ADPCM of another rate [observed]. */
const ADPCM_SAMPLE_RATE = 8_000;

/** The most samples of G.711 in one unit, and thereby one packet: 60 ms, as cameras have it. */
const MAX_PCM_SAMPLES = 480;

/** Packets in a row of another format before it is believed, as every viewer must start again. */
const FORMAT_PROOFS = 3;

/** Packets that were not passed on, by cause. They only grow. */
export interface SoundCounters {
  /** Left out as they cannot be read. */
  bad: number;
  /** Left out as there was no picture yet, or sound was too far ahead. */
  skipped: number;
}

/** Samples of one format. */
interface Sound {
  readonly track: SoundTrack;
  readonly pieces: readonly { readonly samples: number; readonly part: Uint8Array }[];
}

/** The sound of a preview: from its frames to access units of one track. */
export class SoundLane {
  readonly #id: number;
  readonly counters: SoundCounters = { bad: 0, skipped: 0 };
  #track: SoundTrack | undefined;
  #clock: SoundClock | undefined;
  #newFormats = 0;

  /** @param expected What sound was last time: another format has to prove itself. */
  constructor(id: number, expected?: SoundTrack) {
    this.#id = id;
    if (expected !== undefined) this.#begin({ ...expected, id });
  }

  /** Known from the first packet on. */
  get track(): SoundTrack | undefined {
    return this.#track;
  }

  /** A picture came, at this many microseconds. */
  observe(position: number): void {
    this.#clock?.observe(position);
  }

  /** The camera begins anew. */
  restart(): void {
    this.#clock?.restart();
  }

  /** The units of one frame; `picture` is where the latest picture is, if there is one. */
  take(frame: AacFrame | AdpcmFrame, picture: number | undefined): AccessUnit[] {
    const sound = frame.type === "aac" ? this.#readAac(frame) : this.#readAdpcm(frame);
    if (sound === undefined || !this.#accept(sound.track)) {
      this.counters.bad++;
      return [];
    }
    if (picture === undefined) {
      this.counters.skipped++;
      return [];
    }
    return sound.pieces.flatMap(({ samples, part }) => this.#place(samples, part, picture));
  }

  #place(samples: number, part: Uint8Array, picture: number): AccessUnit[] {
    const timestamp = this.#clock?.place(samples, picture);
    if (timestamp === undefined) {
      this.counters.skipped++;
      return [];
    }
    return [{ trackId: this.#id, timestamp, keyframe: true, parts: [part] }];
  }

  /** Whether sound of this format goes on; takes note of a new one. */
  #accept(track: SoundTrack): boolean {
    const isKnown = this.#track !== undefined && sameTracks([this.#track], [track]);
    this.#newFormats = isKnown ? 0 : this.#newFormats + 1;
    if (isKnown) return true;
    if (this.#track !== undefined && this.#newFormats < FORMAT_PROOFS) return false;
    this.#begin(track);
    return true;
  }

  #begin(track: SoundTrack): void {
    this.#track = track;
    this.#clock = new SoundClock(track.clockRate);
    this.#newFormats = 0;
  }

  #readAac({ payload }: AacFrame): Sound | undefined {
    const frames = tryDecode(() => splitAdts(payload));
    const [first] = frames ?? [];
    // Without a channel configuration the channels would have to be looked for inside.
    if (frames === undefined || first === undefined || first.channels === 0) return undefined;
    const track: AacTrack = {
      id: this.#id,
      kind: "audio",
      codec: "MPEG4-GENERIC",
      clockRate: first.sampleRate,
      channels: first.channels,
      config: audioSpecificConfig(first),
    };
    const pieces = frames.map(({ payload }) => ({ samples: AAC_FRAME_SAMPLES, part: payload }));
    return { track, pieces };
  }

  #readAdpcm(frame: AdpcmFrame): Sound {
    const bytes = encodeALaw(decodeAdpcm(frame, frame.nibbles).samples);
    const count = Math.ceil(bytes.byteLength / MAX_PCM_SAMPLES);
    const pieces = Array.from({ length: count }, (_, i) => {
      const part = bytes.subarray(i * MAX_PCM_SAMPLES, (i + 1) * MAX_PCM_SAMPLES);
      return { samples: part.byteLength, part };
    });
    const track: PackedTrack = {
      id: this.#id,
      kind: "audio",
      codec: "packed",
      encoding: "PCMA",
      clockRate: ADPCM_SAMPLE_RATE,
      channels: 1,
      fmtp: undefined,
    };
    return { track, pieces };
  }
}
