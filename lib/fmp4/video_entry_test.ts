import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { readH264Sps } from "./h264_sps.ts";
import { readH265Sps } from "./h265_sps.ts";
import { BAD_SPS, H264_SPS_VECTORS, H265_SPS_VECTORS } from "./sps_vectors.ts";
import { h264Entry, h265Entry } from "./video_entry.ts";

const PPS = fromHex("68ebe3cb22c0");
const VPS_H265 = fromHex("40010c01ffff016000000300900000030000030078959809");
const PPS_H265 = fromHex("4401c172b46240");

for (const { name, hex, codec, width, height, chroma, bitDepth } of H264_SPS_VECTORS) {
  test(`readH264Sps() and h264Entry() understand ${name}`, () => {
    const sps = readH264Sps(fromHex(hex));
    assert.deepEqual([sps.width, sps.height, sps.chroma], [width, height, chroma]);
    assert.deepEqual([sps.bitDepthLuma, sps.bitDepthChroma], [bitDepth, bitDepth]);
    const entry = h264Entry([fromHex(hex), PPS]);
    assert.deepEqual([entry.codec, entry.width, entry.height], [codec, width, height]);
  });
}

for (const { name, hex, codec, width, height, chroma, bitDepth } of H265_SPS_VECTORS) {
  test(`readH265Sps() and h265Entry() understand ${name}`, () => {
    const sps = readH265Sps(fromHex(hex));
    assert.deepEqual([sps.width, sps.height, sps.chroma], [width, height, chroma]);
    assert.deepEqual([sps.bitDepthLuma, sps.bitDepthChroma], [bitDepth, bitDepth]);
    const entry = h265Entry([VPS_H265, fromHex(hex), PPS_H265]);
    assert.deepEqual([entry.codec, entry.width, entry.height], [codec, width, height]);
  });
}

for (const { name, hex } of BAD_SPS) {
  test(`readH264Sps() and readH265Sps() refuse ${name}`, () => {
    const unit = fromHex(hex);
    assert.throws(() => readH264Sps(unit), DecodeError);
    assert.throws(() => readH265Sps(unit), DecodeError);
  });
}

test("h264Entry() writes the record of ISO/IEC 14496-15 with all parameter sets", () => {
  const sps = "6764000cf3650507ec05b20000030002000003003c1e28532c";
  const text = toHex(h264Entry([fromHex(sps), PPS, fromHex("68ee")]).box);
  // avcC · version · profile, level · lengths of 4 · one SPS of 25 · two PPS · grey, 8 bits, 8 bits
  const config = `61766343 01 64000c ff e1 0019 ${sps} 02 0006 68ebe3cb22c0 0002 68ee fc f8 f8 00`;
  assert.ok(text.endsWith(config.replaceAll(" ", "")), text);
});

test("h264Entry() leaves colours out for profiles that know none", () => {
  const sps = "6742c01ed900b0126c0440000003004000000783c58b92";
  assert.ok(toHex(h264Entry([fromHex(sps), PPS]).box).endsWith("01000668ebe3cb22c0"));
});

test("h265Entry() writes the record of ISO/IEC 14496-15 with an array for each kind", () => {
  const [main] = H265_SPS_VECTORS;
  const sps = fromHex(main?.hex ?? "");
  const text = toHex(h265Entry([VPS_H265, sps, PPS_H265]).box);
  const record = [
    ...["68766343", "01", "01 60000000 900000000000 78", "f000", "fc", "fd", "f8", "f8", "0000"],
    ...["0f", "03"], // one temporal layer, nested, lengths of 4; three arrays
    ...["a0 0001 0018", toHex(VPS_H265)],
    ...["a1 0001", `00${toHex(Uint8Array.of(sps.byteLength))}`, toHex(sps)],
    ...["a2 0001 0007", toHex(PPS_H265)],
  ];
  assert.ok(text.endsWith(record.join("").replaceAll(" ", "")), text);
});
