import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import { decodeBcUdp, encodeBcUdp } from "./datagram.ts";
import { DATAGRAM_VECTORS } from "./datagram_vectors.ts";

for (const { name, hex, datagram } of DATAGRAM_VECTORS) {
  test(`decodeBcUdp() reads: ${name}`, () => {
    assert.deepEqual(decodeBcUdp(fromHex(hex)), datagram);
  });

  test(`encodeBcUdp() writes: ${name}`, () => {
    assert.equal(toHex(encodeBcUdp(datagram)), hex.replaceAll(" ", ""));
  });

  test(`decodeBcUdp() rejects, cut short: ${name}`, () => {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.byteLength; length++) {
      assert.throws(() => decodeBcUdp(bytes.subarray(0, length)), { name: "DecodeError" });
    }
  });
}

test("decodeBcUdp() says what a datagram shorter than its header lacks", () => {
  assert.throws(() => decodeBcUdp(new Uint8Array(3)), {
    name: "DecodeError",
    message: "Cannot decode BcUDP as it needs 20 bytes: have 3",
  });
});

const REJECTED: readonly [string, string][] = [
  ["signaling", "3acf872a 31000000 00000000 00000000 00000000"],
  ["a constant other than 0", "10cf872a 31000000 01000000 00000000 00000000"],
  ["a length beyond its end", "10cf872a 31000000 00000000 00000000 02000000 2a"],
  ["an absurd length", "10cf872a 31000000 00000000 00000000 ffffffff 2a"],
  ["an unknown group", "20cf872a 31000000 00000000 01000000 00000000 00000000 00000000"],
  ["a bitmap beyond its end", "20cf872a 31000000 00000000 00000000 06000000 00000000 02000000 01"],
];

for (const [name, hex] of REJECTED) {
  test(`decodeBcUdp() rejects ${name}`, () => {
    assert.throws(() => decodeBcUdp(fromHex(hex)), { name: "DecodeError" });
  });
}

test("decodeBcUdp() ignores what stands behind the payload", () => {
  const datagram = decodeBcUdp(fromHex("10cf872a 31000000 00000000 07000000 01000000 2a 00 00"));
  assert.deepEqual(datagram, {
    type: "data",
    connectionId: 49,
    packetId: 7,
    payload: Uint8Array.of(0x2a),
  });
});
