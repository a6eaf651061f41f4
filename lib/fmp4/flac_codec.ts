/**
 * Telephone sound as FLAC. Browsers play neither G.711 nor plain samples out of MP4, but all of
 * them play FLAC, whose verbatim subframes are plain samples; that costs twice the bytes and nothing
 * else.
 *
 * @module
 */

import { concatBytes } from "../bytes/bytes.ts";
import { Writer } from "../bytes/writer.ts";
import { decodeALaw, decodeMuLaw } from "../media/g711.ts";
import type { Track } from "../media/track.ts";
import { audioEntry } from "./audio_entry.ts";
import { fullBox, zeros } from "./box.ts";
import { crc16, crc8 } from "./crc.ts";
import type { SoundCodec, SoundPiece } from "./sound_codec.ts";

/** Samples of one frame: FLAC has no shorter blocks than 16, and decoders need not know longer ones. */
const BLOCK = { shortest: 16, longest: 4_096 } as const;

/** Rates the stream's description has room for. */
const MAX_RATE = 655_350;

/** How RTP payloads of each encoding become samples. */
const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => Int16Array>> = {
  PCMA: decodeALaw,
  PCMU: decodeMuLaw,
  L16: decodeL16,
};

/** The codec for a track of G.711 or L16 with one channel; `undefined` for any other. */
export function flacCodec(track: Track): SoundCodec | undefined {
  if (track.codec !== "packed" || track.channels !== 1) return undefined;
  const decode = DECODERS[track.encoding];
  const rate = track.clockRate;
  if (decode === undefined || rate > MAX_RATE) return undefined;
  return {
    name: "flac",
    rate,
    entry: audioEntry("fLaC", { rate, channels: 1 }, description(rate)),
    read: (parts) => parts.flatMap((part) => cut(decode(part))),
    silence: (samples) => cut(new Int16Array(samples)),
  };
}

/** Pieces of a length FLAC knows; what is left over at the end is no loss anybody hears. */
function cut(samples: Int16Array): SoundPiece[] {
  const pieces: SoundPiece[] = [];
  for (let at = 0; at + BLOCK.shortest <= samples.length; at += BLOCK.longest) {
    const block = samples.subarray(at, at + BLOCK.longest);
    if (block.length < BLOCK.shortest) break;
    pieces.push({ samples: block.length, encode: (from) => frame(from, block) });
  }
  return pieces;
}

/** `dfLa` with STREAMINFO, the last metadata block there is (RFC 9639 section 8.2). */
function description(rate: number): Uint8Array {
  const bitsMinusOne = 15;
  const writer = new Writer(38 - 16)
    .u8(0x80).u24(34) // last block, type 0, its length
    .u16(BLOCK.shortest).u16(BLOCK.longest)
    .u24(0).u24(0) // frame sizes: not known
    // 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of length: not known
    .u16(rate >>> 4).u8(((rate & 0x0f) << 4) | (bitsMinusOne >>> 4))
    .u8((bitsMinusOne & 0x0f) << 4).u32(0);
  return fullBox("dfLa", 0, 0, writer.finish(), zeros(16)); // MD5: not known
}

/** A frame (RFC 9639 section 9) of blocks of any length, in one verbatim or constant subframe. */
function frame(at: number, samples: Int16Array): Uint8Array {
  const number = codedNumber(at);
  const head = new Writer(4 + number.byteLength + 2)
    .u16(0xfff9) // sync code, blocks of any length
    .u8(0x70) // the length of the block follows; the rate is in the description
    .u8(0x08) // one channel, 16 bits
    .bytes(number)
    .u16(samples.length - 1)
    .finish();
  const [first = 0] = samples;
  const isConstant = samples.every((sample) => sample === first);
  const kept = isConstant ? samples.subarray(0, 1) : samples;
  const body = new Writer(1 + 2 * kept.length).u8(isConstant ? 0x00 : 0x02);
  for (const sample of kept) body.u16(sample & 0xffff);
  const whole = concatBytes([head, Uint8Array.of(crc8(head)), body.finish()]);
  return concatBytes([whole, new Writer(2).u16(crc16(whole)).finish()]);
}

/** A number of up to 36 bits as UTF-8 would write it (RFC 9639 section 9.1.5). */
function codedNumber(value: number): Uint8Array {
  if (value < 0x80) return Uint8Array.of(value);
  const tail: number[] = [];
  let rest = value % 2 ** 36;
  let room = 6;
  while (rest >= 2 ** room) {
    tail.unshift(0x80 | (rest % 64));
    rest = Math.floor(rest / 64);
    room -= 1;
  }
  const ones = 0xff & ~((1 << (room + 1)) - 1);
  return Uint8Array.of(ones | rest, ...tail);
}

function decodeL16(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.byteLength >>> 1 }, (_, i) => view.getInt16(2 * i));
}
