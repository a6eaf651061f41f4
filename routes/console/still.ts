import { concatBytes } from "../../lib/bytes/bytes.ts";
import { Fmp4Muxer, type MuxedPiece } from "../../lib/fmp4/muxer.ts";
import type { Source } from "../../lib/media/source.ts";

export interface Still {
  /** With the codec. */
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** The key frame a source begins with as a movie of one picture, where it keeps one. */
export function stillOf(source: Source): Still | undefined {
  const muxer = Fmp4Muxer.of({ tracks: source.tracks, sound: false });
  if (muxer === undefined) return undefined;
  let pieces: readonly MuxedPiece[] = [];
  const stop = source.read({
    onUnit(unit) {
      if (pieces.length === 0) pieces = muxer.push(unit);
    },
    onEnd() {},
  });
  stop();
  const [start] = pieces;
  if (start?.type !== "start") return undefined;
  const bytes = concatBytes(pieces.flatMap((one) => one.type === "changed" ? [] : [one.bytes]));
  return { contentType: start.contentType, bytes };
}
