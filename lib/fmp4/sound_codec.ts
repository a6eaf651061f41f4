/** Sound as browsers take it in MP4, whatever the camera sends. @module */

/** Some sound whose place in time is settled when it goes out. */
export interface SoundPiece {
  /** How long it lasts, in samples of one channel. */
  readonly samples: number;
  /** The bytes of the piece when it begins at this sample. */
  encode(at: number): Uint8Array;
}

export interface SoundCodec {
  /** As browsers are asked for it: `mp4a.40.2`, `flac`. */
  readonly name: string;
  /** Samples of one channel in a second. */
  readonly rate: number;
  /** The sample entry, a box. */
  readonly entry: Uint8Array;
  /** What an access unit holds, piece after piece; of what is broken, nothing. */
  read(parts: readonly Uint8Array[]): readonly SoundPiece[];
  /** Silence of as many samples, or a few less where it comes in frames. */
  silence(samples: number): readonly SoundPiece[];
}
