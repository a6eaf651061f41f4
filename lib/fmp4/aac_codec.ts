import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { tryDecode } from "../bytes/try_decode.ts";
import { AAC_FRAME_SAMPLES } from "../media/adts.ts";
import type { Track } from "../media/track.ts";
import { auHeaderFormat, joinAacFrames } from "../rtp/aac_frames.ts";
import { parseFormatParameters } from "../sdp/media_format.ts";
import { audioEntry } from "./audio_entry.ts";
import { BitReader } from "./bit_reader.ts";
import { fullBox, u32s } from "./box.ts";
import type { SoundCodec, SoundPiece } from "./sound_codec.ts";

const AAC_LC = 2;

/** Longest AudioSpecificConfig taken: AAC-LC's has two to five bytes. */
const MAX_CONFIG = 64;

/**
 * A frame of silence for one and for two channels: raw_data_block() with no scale factor bands and
 * nothing else, so that only a few of its bits are not zero (ISO/IEC 14496-3 section 4.4.2.1).
 *
 * One channel: SCE 000, tag 0000, gain 8 bits, ics_info 11 bits, three flags, END 111.
 * Two: CPE 001, tag 0000, common window 1, ics_info 11, no mask 00, twice gain and flags 11, END.
 */
const SILENCE: readonly Uint8Array[] = [fromHex("00 00 00 07"), fromHex("21 00 00 00 00 1c")];

/** The codec for a track of AAC-LC with one or two channels; `undefined` for any other. */
export function aacCodec(track: Track): SoundCodec | undefined {
  const found = aacConfig(track);
  if (found === undefined) return undefined;
  const channels = aacChannels(found.config);
  const silent = channels === undefined ? undefined : SILENCE[channels - 1];
  if (channels === undefined || silent === undefined) return undefined;
  const rate = track.clockRate;
  const piece = (frame: Uint8Array) => ({ samples: AAC_FRAME_SAMPLES, encode: () => frame });
  return {
    name: "mp4a.40.2",
    rate,
    entry: audioEntry("mp4a", { rate, channels }, elementaryStream(found.config)),
    read: (parts) => found.frames(parts).map(piece),
    silence: (samples): SoundPiece[] =>
      Array.from({ length: Math.floor(samples / AAC_FRAME_SAMPLES) }, () => piece(silent)),
  };
}

/** AudioSpecificConfig of a track, and how its frames are had. */
function aacConfig(track: Track) {
  if (track.codec === "MPEG4-GENERIC") {
    return { config: track.config, frames: (parts: readonly Uint8Array[]) => parts };
  }
  if (track.codec !== "packed" || track.encoding !== "MPEG4-GENERIC") return undefined;
  const parameters = parseFormatParameters(track.fmtp ?? "");
  const config = parameters.get("config") ?? "";
  if (!/^([0-9a-f]{2})+$/i.test(config)) return undefined;
  const format = auHeaderFormat(parameters);
  return {
    config: fromHex(config),
    frames: (parts: readonly Uint8Array[]) => joinAacFrames(parts, format),
  };
}

/** Channels of AAC-LC with frames of the usual length; `undefined` for what is something else. */
function aacChannels(config: Uint8Array): number | undefined {
  if (config.byteLength > MAX_CONFIG) return undefined;
  return tryDecode(() => {
    const reader = new BitReader(config, "AudioSpecificConfig");
    const objectType = reader.bits(5);
    // Index 15: the rate itself follows, in 24 bits.
    if (reader.bits(4) === 15) reader.skip(24);
    const channels = reader.bits(4);
    const isShort = reader.flag(); // frameLengthFlag: 960 samples
    return objectType === AAC_LC && !isShort && channels > 0 ? channels : undefined;
  });
}

/** `esds`: an ES_Descriptor with the decoder's configuration (ISO/IEC 14496-1 section 7.2.6.5). */
function elementaryStream(config: Uint8Array): Uint8Array {
  const audio = 0x40;
  // objectTypeIndication, streamType 5 with a reserved 1, bufferSizeDB, two bit rates not known
  const decoder = [Uint8Array.of(audio, 0x15, 0, 0, 0), u32s(0, 0)];
  return fullBox(
    "esds",
    0,
    0,
    descriptor(
      0x03,
      Uint8Array.of(0, 0, 0), // ES_ID and flags
      descriptor(0x04, ...decoder, descriptor(0x05, config)),
      descriptor(0x06, Uint8Array.of(2)), // SLConfigDescriptor: as in MP4 files
    ),
  );
}

/** All of ours are shorter than 128 bytes, so that one byte is length enough. */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(parts);
  return concatBytes([Uint8Array.of(tag, body.byteLength), body]);
}
