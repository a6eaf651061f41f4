/** Frames as annotated hex and value; for tests and as seeds of the fuzzer. @module */

import { fromHex } from "../../bytes/bytes.ts";
import type { BcMediaFrame } from "./frame.ts";

export interface BcMediaVector {
  readonly name: string;
  /** Padding included, whose bytes are all the same. */
  readonly hex: string;
  readonly frame: BcMediaFrame;
  /** Value of the padding bytes. */
  readonly padding: number;
}

const TIME = { year: 2020, month: 4, day: 8, hour: 20, minute: 52, second: 39 };

export const BCMEDIA_VECTORS: readonly BcMediaVector[] = [
  {
    name: "an info block of version 1",
    // magic · size · width · height · unknown, fps · start · end · 0
    hex: "31303031 20000000 000a0000 a0050000 00 1e 790804171734 790804171734 0000",
    frame: {
      type: "info",
      version: 1,
      width: 2560,
      height: 1440,
      unknown: 0,
      fps: 30,
      start: { year: 2021, month: 8, day: 4, hour: 23, minute: 23, second: 52 },
      end: { year: 2021, month: 8, day: 4, hour: 23, minute: 23, second: 52 },
    },
    padding: 0,
  },
  {
    name: "an info block of version 2",
    hex: "31303032 20000000 000f0000 70080000 01 14 780408143427 780408143428 0000",
    frame: {
      type: "info",
      version: 2,
      width: 3840,
      height: 2160,
      unknown: 1,
      fps: 20,
      start: TIME,
      end: { ...TIME, second: 40 },
    },
    padding: 0,
  },
  {
    name: "a key frame of H.264 with POSIX time and seven bytes of padding",
    // magic · codec · size · additional header · microseconds, low and high · additional header
    hex: "30306463 48323634 09000000 08000000 d8d30dd4 03000000 f09b0a61 29010000" +
      "00000001 65 88841122 aaaaaaaaaaaaaa",
    frame: {
      type: "video",
      keyframe: true,
      channel: 0,
      codec: "H264",
      microseconds: 0xd40dd3d8,
      microsecondsHigh: 3,
      extra: fromHex("f09b0a61 29010000"),
      payload: fromHex("00000001 65 88841122"),
    },
    padding: 0xaa,
  },
  {
    name: "a key frame of H.265 with 16 bytes of additional header, channel 9",
    hex: "39306463 48323635 08000000 10000000 18123470 47000000" +
      "4adba761 3301c300 02000007 00000000 00000001 26018811",
    frame: {
      type: "video",
      keyframe: true,
      channel: 9,
      codec: "H265",
      microseconds: 0x70341218,
      microsecondsHigh: 71,
      extra: fromHex("4adba761 3301c300 02000007 00000000"),
      payload: fromHex("00000001 26018811"),
    },
    padding: 0,
  },
  {
    name: "an inter frame of H.264 without additional header, channel 3",
    hex: "33316463 48323634 07000000 00000000 08c60ed4 03000000 000001 419a2233 00",
    frame: {
      type: "video",
      keyframe: false,
      channel: 3,
      codec: "H264",
      microseconds: 0xd40ec608,
      microsecondsHigh: 3,
      extra: new Uint8Array(0),
      payload: fromHex("000001 419a2233"),
    },
    padding: 0,
  },
  {
    name: "an inter frame of H.265 with 8 bytes of additional header",
    hex: "30316463 48323635 08000000 08000000 5ed25300 00000000 02000007 00000000" +
      "00000001 02018822",
    frame: {
      type: "video",
      keyframe: false,
      channel: 0,
      codec: "H265",
      microseconds: 0x0053d25e,
      microsecondsHigh: 0,
      extra: fromHex("02000007 00000000"),
      payload: fromHex("00000001 02018822"),
    },
    padding: 0,
  },
  {
    name: "AAC",
    // magic · size, twice · one ADTS frame · six bytes of padding
    hex: "30357762 0a00 0a00 fff16040015ffc aabbcc eeeeeeeeeeee",
    frame: { type: "aac", variant: 0, payload: fromHex("fff16040015ffc aabbcc") },
    padding: 0xee,
  },
  {
    name: "AAC of the other kind",
    hex: "31357762 0800 0800 fff16040011ffc 01",
    frame: { type: "aac", variant: 1, payload: fromHex("fff16040011ffc 01") },
    padding: 0,
  },
  {
    name: "ADPCM",
    // magic · size, twice · marker · unknown · predictor -96, step index 19, 0 · nibbles · padding
    hex: "30317762 0e00 0e00 0001 0500 a0ff 13 00 a1b2c3d4e5f6 0000",
    frame: {
      type: "adpcm",
      unknown: 5,
      predictor: -96,
      stepIndex: 19,
      nibbles: fromHex("a1b2c3d4e5f6"),
    },
    padding: 0,
  },
];

/** What can be no frame. */
export const BAD_BCMEDIA: readonly { readonly name: string; readonly hex: string }[] = [
  { name: "an unknown magic", hex: "32303031 20000000" },
  { name: "a channel that is no digit", hex: "3a306463 48323634 00000000 00000000" },
  { name: "a codec other than H264 and H265", hex: "30306463 48323633 00000000 00000000" },
  { name: "more payload than a frame may have", hex: "30306463 48323634 01008000 00000000" },
  { name: "more additional header than there may be", hex: "30306463 48323634 00000000 01010000" },
  { name: "an info block of another size", hex: "31303031 28000000" },
  { name: "AAC whose sizes differ", hex: "30357762 0a00 0b00" },
  { name: "ADPCM whose sizes differ", hex: "30317762 0e00 0d00" },
  { name: "ADPCM too small for its head", hex: "30317762 0700 0700" },
  { name: "ADPCM with another marker", hex: "30317762 0e00 0e00 0002 0500 a0ff 13 00" },
  {
    name: "ADPCM with a step index beyond its table",
    hex: "30317762 0e00 0e00 0001 0500 a0ff 59 00",
  },
];
