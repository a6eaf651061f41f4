import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import {
  AAC_HBR,
  auHeaderFormat,
  joinAacFrames,
  MAX_AAC_FRAMES_IN_PAYLOAD,
  readAacPayload,
} from "./aac_frames.ts";
import { packetizeAac } from "./aac_payload.ts";
import { AAC_PAYLOAD_VECTORS, BAD_AAC_PAYLOADS } from "./depacketize_vectors.ts";

for (const { name, hex, parts, pieceOf } of AAC_PAYLOAD_VECTORS) {
  test(`readAacPayload() reads ${name}`, () => {
    const read = readAacPayload(fromHex(hex), AAC_HBR);
    assert.deepEqual([read.parts.map(toHex), read.pieceOf], [parts, pieceOf]);
  });
}

for (const { name, hex } of BAD_AAC_PAYLOADS) {
  test(`readAacPayload() rejects ${name}`, () => {
    assert.throws(() => readAacPayload(fromHex(hex), AAC_HBR), DecodeError);
  });
}

test("readAacPayload() reads as many frames as a payload may hold, and refuses more", () => {
  const frames = (count: number) => {
    const bits = (16 * count).toString(16).padStart(4, "0");
    return fromHex(`${bits}${"0008".repeat(count)}${"aa".repeat(count)}`);
  };
  const { parts } = readAacPayload(frames(MAX_AAC_FRAMES_IN_PAYLOAD), AAC_HBR);
  assert.equal(parts.length, MAX_AAC_FRAMES_IN_PAYLOAD);
  assert.throws(
    () => readAacPayload(frames(MAX_AAC_FRAMES_IN_PAYLOAD + 1), AAC_HBR),
    DecodeError,
  );
});

test("readAacPayload() reads headers of other sizes, as fmtp describes them", () => {
  const format = auHeaderFormat(
    new Map([["sizelength", "6"], ["indexlength", "2"], ["indexdeltalength", "x"]]),
  );
  assert.deepEqual(format, { sizeLength: 6, indexLength: 2, indexDeltaLength: 3 });
  assert.deepEqual(readAacPayload(fromHex("0008 08 aabb"), format).parts.map(toHex), ["aabb"]);
  const none = { ...AAC_HBR, sizeLength: 0 };
  assert.throws(() => readAacPayload(fromHex("0010 0018 aabbcc"), none), DecodeError);
});

test("joinAacFrames() gives back what packetizeAac() cut up", () => {
  const frames = [10, 3_000, 0, 200].map((length) => new Uint8Array(length).fill(length));
  const payloads = packetizeAac(frames, 1_200).map(concatBytes);
  assert.deepEqual(joinAacFrames(payloads, AAC_HBR), frames.filter(({ length }) => length > 0));
});

test("joinAacFrames() leaves out frames whose pieces are missing, and payloads that are bad", () => {
  const [first, second] = ["0010 0028 010203", "0010 0028 0405"].map(fromHex);
  const whole = fromHex("0010 0008 aa");
  assert.ok(first && second);
  const join = (...payloads: readonly Uint8Array[]) => joinAacFrames(payloads, AAC_HBR).map(toHex);
  assert.deepEqual(join(first, second, whole), ["0102030405", "aa"]);
  assert.deepEqual(join(first, whole), ["aa"]);
  assert.deepEqual(join(first, fromHex("00"), whole), ["aa"]);
  assert.deepEqual(join(first, first, whole), ["aa"]);
});
