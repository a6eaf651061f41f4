/** The beginning of a movie: which tracks there are and how they are decoded. @module */

import { concatBytes } from "../bytes/bytes.ts";
import { box, fullBox, u16s, u32s, zeros } from "./box.ts";

export interface InitTrack {
  /** From 1. */
  readonly number: number;
  /** Units of its clock in one second. */
  readonly timescale: number;
  /** Sample entry, a box. */
  readonly entry: Uint8Array;
  /** Pixels; none of sound. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

/** Of the movie as a whole, which says nothing here: tracks have their own. */
const MOVIE_TIMESCALE = 1_000;

/** Shown, and part of the presentation. */
const TRACK_ENABLED = 3;

/** The data is in this very file. */
const SELF_CONTAINED = 1;

/** `und`, in three times five bits. */
const LANGUAGE = 0x55c4;

const IDENTITY = u32s(0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000);

/** `ftyp` and `moov` of a movie that comes in fragments (ISO/IEC 14496-12 section 8). */
export function initSegment(tracks: readonly InitTrack[]): Uint8Array {
  return concatBytes([
    box("ftyp", letters("iso5"), u32s(0x200), letters("iso5iso6mp41")),
    box(
      "moov",
      fullBox(
        "mvhd",
        0,
        0,
        u32s(0, 0, MOVIE_TIMESCALE, 0, 0x1_0000), // times, length not known, normal speed
        u16s(0x100, 0), // full volume
        zeros(8),
        IDENTITY,
        zeros(24),
        u32s(tracks.length + 1), // next_track_ID
      ),
      ...tracks.map(trackBox),
      box("mvex", ...tracks.map(({ number }) => fullBox("trex", 0, 0, u32s(number, 1, 0, 0, 0)))),
    ),
  ]);
}

function trackBox({ number, timescale, entry, size }: InitTrack): Uint8Array {
  const { width = 0, height = 0 } = size ?? {};
  const media = size === undefined
    ? { handler: "soun", header: fullBox("smhd", 0, 0, zeros(4)) }
    : { handler: "vide", header: fullBox("vmhd", 0, 1, zeros(8)) };
  return box(
    "trak",
    fullBox(
      "tkhd",
      0,
      TRACK_ENABLED,
      u32s(0, 0, number, 0, 0),
      zeros(8),
      u16s(0, 0, size === undefined ? 0x100 : 0, 0), // layer, group, volume
      IDENTITY,
      u32s(width * 0x1_0000, height * 0x1_0000),
    ),
    box(
      "mdia",
      fullBox("mdhd", 0, 0, u32s(0, 0, timescale, 0), u16s(LANGUAGE, 0)),
      fullBox("hdlr", 0, 0, zeros(4), letters(media.handler), zeros(12), zeros(1)),
      box(
        "minf",
        media.header,
        box("dinf", fullBox("dref", 0, 0, u32s(1), fullBox("url ", 0, SELF_CONTAINED))),
        sampleTable(entry),
      ),
    ),
  );
}

/** All samples are in fragments: the tables are empty but for how to decode them. */
function sampleTable(entry: Uint8Array): Uint8Array {
  return box(
    "stbl",
    fullBox("stsd", 0, 0, u32s(1), entry),
    fullBox("stts", 0, 0, u32s(0)),
    fullBox("stsc", 0, 0, u32s(0)),
    fullBox("stsz", 0, 0, u32s(0, 0)),
    fullBox("stco", 0, 0, u32s(0)),
  );
}

function letters(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
