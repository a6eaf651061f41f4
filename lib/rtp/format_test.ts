import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../bytes/bytes.ts";
import { rtpFormat } from "./format.ts";

test("rtpFormat() describes H.264 with profile and parameter sets", () => {
  const { rtpmap, fmtp } = rtpFormat({
    id: 0,
    kind: "video",
    codec: "H264",
    clockRate: 90_000,
    sps: fromHex("67640c1e ac"),
    pps: fromHex("68ee3c80"),
  });
  assert.equal(rtpmap, "H264/90000");
  assert.equal(
    fmtp,
    "packetization-mode=1; profile-level-id=640C1E; sprop-parameter-sets=Z2QMHqw=,aO48gA==",
  );
});

test("rtpFormat() describes H.265 with its three parameter sets", () => {
  const { rtpmap, fmtp } = rtpFormat({
    id: 0,
    kind: "video",
    codec: "H265",
    clockRate: 90_000,
    vps: fromHex("40010c"),
    sps: fromHex("420101"),
    pps: fromHex("4401c0"),
  });
  assert.equal(rtpmap, "H265/90000");
  assert.equal(fmtp, "sprop-vps=QAEM; sprop-sps=QgEB; sprop-pps=RAHA");
});

test("rtpFormat() describes AAC with its configuration and the sizes of AU headers", () => {
  const { rtpmap, fmtp } = rtpFormat({
    id: 1,
    kind: "audio",
    codec: "MPEG4-GENERIC",
    clockRate: 16_000,
    channels: 1,
    config: fromHex("1408"),
  });
  assert.equal(rtpmap, "MPEG4-GENERIC/16000/1");
  assert.equal(
    fmtp,
    "streamtype=5; profile-level-id=1; mode=AAC-hbr; config=1408; " +
      "sizelength=13; indexlength=3; indexdeltalength=3",
  );
});

test("rtpFormat() passes a packed track on as its camera describes and cuts it", () => {
  const track = {
    id: 2,
    kind: "audio",
    codec: "packed",
    encoding: "OPUS",
    clockRate: 48_000,
    channels: 2,
    fmtp: undefined,
  } as const;
  const { rtpmap, fmtp, packetize } = rtpFormat(track);
  assert.deepEqual([rtpmap, fmtp], ["OPUS/48000/2", undefined]);
  const payload = new Uint8Array(3_000);
  assert.deepEqual(packetize([payload], 1_200), [[payload]]);
  const video = rtpFormat({ ...track, kind: "video", encoding: "H264", fmtp: "a=1" });
  assert.deepEqual([video.rtpmap, video.fmtp], ["H264/48000", "a=1"]);
});
