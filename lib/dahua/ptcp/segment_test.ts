import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { decodeConnectBody, encodeConnectBody } from "./connect_body.ts";
import { decodeSegment, encodeSegment, isPtcpDatagram } from "./segment.ts";
import { SEGMENT_VECTORS } from "./segment_vectors.ts";

for (const { name, hex, segment } of SEGMENT_VECTORS) {
  test(`decodeSegment() reads the ${name}`, () => {
    assert.deepEqual(decodeSegment(fromHex(hex)), segment);
  });

  test(`encodeSegment() writes the ${name}`, () => {
    assert.equal(toHex(encodeSegment(segment)), hex.replaceAll(" ", ""));
  });
}

test("decodeSegment() rejects a datagram shorter than its header", () => {
  assert.throws(() => decodeSegment(new Uint8Array(3)), {
    name: "DecodeError",
    message: "Cannot decode PTCP segment as its header needs 24 bytes: have 3",
  });
});

test("decodeSegment() rejects a foreign conversation", () => {
  assert.throws(() => decodeSegment(new Uint8Array(24)), DecodeError);
});

test("isPtcpDatagram() looks at the conversation only", () => {
  assert.equal(isPtcpDatagram(fromHex("50544350")), true);
  assert.equal(isPtcpDatagram(fromHex("fffeffe7")), false);
  assert.equal(isPtcpDatagram(new Uint8Array(0)), false);
});

const CONNECT_BODIES: readonly [string, string, number | undefined | "no connect"][] = [
  ["shift 0", "00 030100", 0],
  ["shift 5", "00 030105", 5],
  ["no options", "00", undefined],
  ["an unknown kind before the shift", "00 fe0100 030102", 2],
  ["the maximum segment size, ignored", "00 02020514 030101", 1],
  ["no-ops", "00 0101 030101", 1],
  ["the end of the list before the shift", "00 00 030101", undefined],
  ["an option that overruns the body", "00 03ff01", undefined],
  ["an option without a length", "00 03", undefined],
  ["a shift beyond sense", "00 0301ff", 14],
  ["another control code", "01 030100", "no connect"],
  ["nothing", "", "no connect"],
];

for (const [name, hex, expected] of CONNECT_BODIES) {
  test(`decodeConnectBody() reads a body with ${name}`, () => {
    const options = decodeConnectBody(fromHex(hex));
    assert.deepEqual(options, expected === "no connect" ? undefined : { shift: expected });
  });
}

test("encodeConnectBody() writes the one form every party sends", () => {
  assert.equal(toHex(encodeConnectBody(0)), "00030100");
});
