import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import type { AacTrack, PackedTrack } from "../media/track.ts";
import { aacCodec } from "./aac_codec.ts";
import { crc16, crc8 } from "./crc.ts";
import { flacCodec } from "./flac_codec.ts";

const AAC: AacTrack = {
  id: 1,
  kind: "audio",
  codec: "MPEG4-GENERIC",
  clockRate: 16_000,
  channels: 1,
  config: fromHex("1408"),
};

const packed = (encoding: string, changes: Partial<PackedTrack> = {}): PackedTrack => ({
  id: 1,
  kind: "audio",
  codec: "packed",
  encoding,
  clockRate: 8_000,
  channels: 1,
  fmtp: undefined,
  ...changes,
});

const hexOf = (codec: ReturnType<typeof flacCodec>, parts: readonly string[], at = 0) =>
  codec?.read(parts.map(fromHex)).map((piece) => toHex(piece.encode(at)));

test("aacCodec() takes AAC-LC with one or two channels, plain or in RTP", () => {
  assert.equal(aacCodec(AAC)?.rate, 16_000);
  assert.equal(aacCodec({ ...AAC, config: fromHex("1210") })?.name, "mp4a.40.2");
  const fmtp = "streamtype=5; mode=AAC-hbr; config=1408; sizelength=13; indexlength=3";
  const codec = aacCodec(packed("MPEG4-GENERIC", { clockRate: 16_000, fmtp }));
  const read = codec?.read([fromHex("0020 0010 0008 aabb cc")]) ?? [];
  assert.deepEqual(read.map((one) => [one.samples, toHex(one.encode(0))]), [
    [1_024, "aabb"],
    [1_024, "cc"],
  ]);
});

test("aacCodec() leaves out what it has no silence for, and what it cannot read", () => {
  // HE-AAC, six channels, frames of 960 samples, no channels said, cut short, nothing
  for (const config of ["2b0988", "1430", "140c", "1400", "14", ""]) {
    assert.equal(aacCodec({ ...AAC, config: fromHex(config) }), undefined, config);
  }
  for (const fmtp of [undefined, "config=14", "config=xyz", "config="]) {
    assert.equal(aacCodec(packed("MPEG4-GENERIC", { fmtp })), undefined, fmtp ?? "none");
  }
  assert.equal(aacCodec(packed("MP4A-LATM", { fmtp: "config=1408" })), undefined);
});

test("aacCodec() gives whole frames of silence, no longer than asked for", () => {
  const codec = aacCodec(AAC);
  const silence = codec?.silence(3_000) ?? [];
  assert.deepEqual(silence.map((one) => toHex(one.encode(0))), ["00000007", "00000007"]);
});

test("crc8() and crc16() give FLAC's checksums", () => {
  const digits = new TextEncoder().encode("123456789");
  // The check values of CRC-8 and CRC-16/BUYPASS, which are the same.
  assert.deepEqual([crc8(digits), crc16(digits)], [0xf4, 0xfee8]);
});

test("flacCodec() writes plain samples as a verbatim subframe", () => {
  const codec = flacCodec(packed("L16"));
  const samples = Array.from({ length: 16 }, (_, i) => i.toString(16).padStart(4, "0")).join("");
  // sync, any length · length follows · one channel, 16 bits · sample 0 · 16 samples · CRC-8
  const head = "fff9 70 08 00 000f".replaceAll(" ", "");
  const body = `${head}${toHex(Uint8Array.of(crc8(fromHex(head))))}02${samples}`;
  const crc = crc16(fromHex(body)).toString(16).padStart(4, "0");
  assert.deepEqual(hexOf(codec, [samples]), [body + crc]);
});

test("flacCodec() numbers frames by their first sample, as long numbers as FLAC has", () => {
  const codec = flacCodec(packed("PCMA"));
  const numberAt = (at: number, bytes: number) =>
    hexOf(codec, ["d5".repeat(16)], at)?.[0]?.slice(8, 8 + 2 * bytes);
  assert.equal(numberAt(0x7f, 1), "7f");
  assert.equal(numberAt(0x80, 2), "c280");
  assert.equal(numberAt(0x7ff, 2), "dfbf");
  assert.equal(numberAt(0xffff, 3), "efbfbf");
  assert.equal(numberAt(2 ** 36 - 1, 7), "febfbfbfbfbfbf");
});

test("flacCodec() says silence in a few bytes, in blocks of a length FLAC knows", () => {
  const silence = flacCodec(packed("PCMU"))?.silence(10_000) ?? [];
  assert.deepEqual(silence.map(({ samples }) => samples), [4_096, 4_096, 1_808]);
  assert.ok(silence.every((one) => one.encode(8_000).byteLength < 20));
  assert.deepEqual(flacCodec(packed("PCMU"))?.silence(15), []);
  assert.deepEqual(flacCodec(packed("PCMU"))?.silence(4_100).map(({ samples }) => samples), [
    4_096,
  ]);
});

test("flacCodec() leaves out what is no plain sound of one channel", () => {
  assert.equal(flacCodec(packed("G726-32")), undefined);
  assert.equal(flacCodec(packed("PCMA", { channels: 2 })), undefined);
  assert.equal(flacCodec(packed("L16", { clockRate: 1_000_000 })), undefined);
  assert.equal(flacCodec(AAC), undefined);
});
