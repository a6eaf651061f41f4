import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { BAD_NAL_PAYLOADS, NAL_PAYLOAD_VECTORS } from "./depacketize_vectors.ts";
import { packetizeH264 } from "./h264_payload.ts";
import { packetizeH265 } from "./h265_payload.ts";
import {
  joinNalUnits,
  MAX_NAL_UNITS_IN_PAYLOAD,
  readH264Payload,
  readH265Payload,
} from "./nal_payload.ts";

const READ = { H264: readH264Payload, H265: readH265Payload };

for (const { name, codec, hex, pieces } of NAL_PAYLOAD_VECTORS) {
  test(`read${codec}Payload() reads ${name}`, () => {
    const read = READ[codec](fromHex(hex)).map(({ parts, ...piece }) => {
      return { ...piece, unit: toHex(concatBytes(parts)) };
    });
    assert.deepEqual(read, pieces.map((piece) => ({ ...piece, unit: toHex(fromHex(piece.unit)) })));
  });
}

for (const { name, codec, hex } of BAD_NAL_PAYLOADS) {
  test(`read${codec}Payload() rejects ${name}`, () => {
    assert.throws(() => READ[codec](fromHex(hex)), DecodeError);
  });
}

test("readH264Payload() reads as many NAL units as a payload may hold, and refuses more", () => {
  const units = (count: number) => fromHex(`78${"000165".repeat(count)}`);
  assert.equal(readH264Payload(units(MAX_NAL_UNITS_IN_PAYLOAD)).length, MAX_NAL_UNITS_IN_PAYLOAD);
  assert.throws(() => readH264Payload(units(MAX_NAL_UNITS_IN_PAYLOAD + 1)), DecodeError);
});

const UNITS = ["6764001f", "68ee3c80", `65${"88".repeat(5_000)}`, "41ff"].map(fromHex);
const UNITS_H265 = ["40010c01", "420101", "4401c0", `2601${"af".repeat(5_000)}`].map(fromHex);

for (
  const { name, units, packetize, read } of [
    { name: "packetizeH264()", units: UNITS, packetize: packetizeH264, read: readH264Payload },
    { name: "packetizeH265()", units: UNITS_H265, packetize: packetizeH265, read: readH265Payload },
  ]
) {
  test(`joinNalUnits() gives back what ${name} cut up`, () => {
    for (const limit of [4, 5, 100, 1_200, 10_000]) {
      const payloads = packetize(units, limit).map(concatBytes);
      assert.deepEqual(joinNalUnits(payloads, read), units);
    }
  });
}

test("joinNalUnits() leaves out units whose pieces are missing, and payloads that are bad", () => {
  const [start, middle, end] = ["7c858801", "7c050203", "7c4504"].map(fromHex);
  assert.ok(start && middle && end);
  const join = (...payloads: readonly Uint8Array[]) =>
    joinNalUnits(payloads, readH264Payload).map(toHex);
  assert.deepEqual(join(start, middle, end), ["658801020304"]);
  assert.deepEqual(join(middle, end, fromHex("41aa")), ["41aa"]);
  assert.deepEqual(join(start, middle), []);
  assert.deepEqual(join(start, start, end), ["65880104"]);
  assert.deepEqual(join(fromHex("60"), fromHex("41aa")), ["41aa"]);
});
