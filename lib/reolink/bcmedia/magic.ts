/** The four letters each frame begins with, as little-endian words. @module */

export const MAGIC = {
  infoV1: word("1001"),
  infoV2: word("1002"),
  aac: word("05wb"),
  aacVariant: word("15wb"),
  adpcm: word("01wb"),
} as const;

/** Digits that name a channel. */
const CHANNELS = 10;

/** What the magic of a picture says. */
export interface VideoMagic {
  readonly keyframe: boolean;
  readonly channel: number;
}

const VIDEO_MAGICS: ReadonlyMap<number, VideoMagic> = new Map(
  Array.from({ length: 2 * CHANNELS }, (_, i): [number, VideoMagic] => {
    const [keyframe, channel] = [i < CHANNELS, i % CHANNELS];
    return [magicOfVideo(keyframe, channel), { keyframe, channel }];
  }),
);

/** What kind of picture a magic announces; `undefined` when it announces none. */
export function videoMagic(magic: number): VideoMagic | undefined {
  return VIDEO_MAGICS.get(magic);
}

/** The magic of a picture. Throws `RangeError` for a channel that has none. */
export function magicOfVideo(keyframe: boolean, channel: number): number {
  if (!Number.isInteger(channel) || channel < 0 || channel >= CHANNELS) {
    throw new RangeError(`Cannot encode frame as its channel must be 0 to 9: ${channel}`);
  }
  return word(`${channel}${keyframe ? 0 : 1}dc`);
}

/** Four letters of ASCII as a little-endian word. */
export function word(letters: string): number {
  return [3, 2, 1, 0].reduce((value, at) => value * 256 + letters.charCodeAt(at), 0);
}
