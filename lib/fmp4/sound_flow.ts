import type { Sample } from "./fragment.ts";
import type { SoundCodec, SoundPiece } from "./sound_codec.ts";

/** Seconds that sound may be early or late against its timestamps before that is put right. */
const SLACK = 0.1;

/** Seconds that sound may lag behind the picture before silence takes its place. */
export const PATIENCE = { shortest: 0.4, longest: 2 } as const;

/** A sender that lags gets this much more than it has needed, in seconds. */
const SPARE = 0.2;

/** Samples that follow each other without a hole. */
export interface SoundRun {
  readonly decodeAt: number;
  readonly samples: readonly Sample[];
}

interface OpenRun extends SoundRun {
  readonly samples: Sample[];
}

/**
 * Turns a camera's sound into a track without holes that keeps up with the picture: browsers stop
 * where either is missing, and cameras switch their sound off, lose some, or have clocks that
 * drift. Holes are filled with silence, and what comes when silence has taken its place is
 * left out.
 */
export class SoundFlow {
  readonly #codec: SoundCodec;
  /** Where the next sample goes. */
  #next = 0;
  /** Where the picture is, in seconds. */
  #picture = 0;
  #patience: number = PATIENCE.shortest;

  constructor(codec: SoundCodec) {
    this.#codec = codec;
  }

  /** Places the sound of an access unit that is to be heard at `timestamp`. */
  take(timestamp: number, parts: readonly Uint8Array[]): SoundRun {
    const pieces = this.#codec.read(parts);
    const run = this.#run();
    let at = timestamp;
    for (const piece of pieces) {
      const ahead = (at - this.#next) / this.#codec.rate;
      if (ahead > SLACK) this.#fill(run, at - this.#next);
      if (ahead < -SLACK) this.#beMorePatient(at);
      else this.#put(run, piece);
      at += piece.samples;
    }
    return run;
  }

  /** The picture has come to `seconds`: silence, where sound has stayed too far behind. */
  keepUp(seconds: number): SoundRun {
    this.#picture = seconds;
    const run = this.#run();
    const { rate } = this.#codec;
    const behind = seconds * rate - this.#next;
    if (behind > this.#patience * rate) this.#fill(run, behind - this.#patience * rate / 2);
    return run;
  }

  #run(): OpenRun {
    return { decodeAt: this.#next, samples: [] };
  }

  #fill(run: OpenRun, samples: number): void {
    for (const piece of this.#codec.silence(Math.floor(samples))) this.#put(run, piece);
  }

  #put(run: OpenRun, piece: SoundPiece): void {
    const bytes = piece.encode(this.#next);
    run.samples.push({ parts: [bytes], duration: piece.samples, offset: 0, isSync: true });
    this.#next += piece.samples;
  }

  #beMorePatient(at: number): void {
    const lag = this.#picture - at / this.#codec.rate;
    this.#patience = Math.min(PATIENCE.longest, Math.max(this.#patience, lag + SPARE));
  }
}
