import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { decodeRtpPacket, encodeRtpPacket } from "./packet.ts";
import { BAD_RTP, RTP_VECTORS } from "./rtp_vectors.ts";

for (const { name, hex, value, encodes } of RTP_VECTORS) {
  test(`decodeRtpPacket() reads ${name}`, () => {
    assert.deepEqual(decodeRtpPacket(fromHex(hex)), value);
  });
  if (!encodes) continue;
  test(`encodeRtpPacket() writes ${name}`, () => {
    assert.equal(toHex(encodeRtpPacket(value)), toHex(fromHex(hex)));
  });
}

for (const { name, hex } of BAD_RTP) {
  test(`decodeRtpPacket() rejects ${name}`, () => {
    assert.throws(() => decodeRtpPacket(fromHex(hex)), DecodeError);
  });
}
