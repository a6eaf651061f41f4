import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import {
  decodeRtcp,
  decodeSenderReport,
  encodeGoodbye,
  encodeSenderReport,
  RTCP_TYPE,
} from "./rtcp.ts";
import { BAD_RTCP, RTCP_VECTORS } from "./rtp_vectors.ts";

/** What the first vector says. */
const REPORT = {
  ssrc: 0x11223344,
  wallClock: 1000 * (0xe1234567 - 2_208_988_800) + 500,
  rtpTimestamp: 3000,
  packetCount: 1,
  octetCount: 100,
};

for (const { name, hex, value } of RTCP_VECTORS) {
  test(`decodeRtcp() reads ${name}`, () => {
    assert.deepEqual(decodeRtcp(fromHex(hex)), value);
  });
}

for (const { name, hex } of BAD_RTCP) {
  test(`decodeRtcp() rejects ${name}`, () => {
    assert.throws(() => decodeRtcp(fromHex(hex)), DecodeError);
  });
}

test("encodeSenderReport() writes a report and a canonical name", () => {
  const [vector] = RTCP_VECTORS;
  assert.equal(toHex(encodeSenderReport(REPORT, "abc")), toHex(fromHex(vector?.hex ?? "")));
});

test("encodeSenderReport() ends the name with one to four zeros, on a multiple of four", () => {
  for (let length = 0; length < 9; length++) {
    const [, sdes] = decodeRtcp(encodeSenderReport(REPORT, "x".repeat(length)));
    const zeros = (sdes?.body.byteLength ?? 0) - 6 - length;
    assert.ok(zeros >= 1 && zeros <= 4, `${zeros} zeros after ${length} bytes`);
  }
});

test("encodeGoodbye() writes an empty report, a canonical name and a goodbye", () => {
  const hex = "80c90001 11223344 81ca0003 11223344 0103616263 000000 81cb0001 11223344";
  const bytes = encodeGoodbye(0x11223344, "abc");
  assert.equal(toHex(bytes), hex.replaceAll(" ", ""));
  const { receiverReport, sdes, bye } = RTCP_TYPE;
  assert.deepEqual(decodeRtcp(bytes).map(({ type }) => type), [receiverReport, sdes, bye]);
});

test("decodeSenderReport() reads what encodeSenderReport() wrote", () => {
  const [packet] = decodeRtcp(encodeSenderReport(REPORT, "abc"));
  assert.deepEqual(decodeSenderReport(packet?.body ?? new Uint8Array(0)), REPORT);
});

test("decodeSenderReport() rejects a report cut short", () => {
  assert.throws(() => decodeSenderReport(fromHex("11223344 e1234567")), DecodeError);
});
