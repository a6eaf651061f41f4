import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { crcOf } from "./crc.ts";
import { decodeSignaling, encodeSignaling, kindOf, MAX_SIGNALING_PAYLOAD } from "./datagram.ts";
import { DATAGRAM_VECTORS } from "./signaling_vectors.ts";
import { cryptXml, xmlKeystream } from "./xml_cipher.ts";

for (const { name, hex, layout, datagram } of DATAGRAM_VECTORS) {
  test(`decodeSignaling() reads the ${name}`, () => {
    assert.deepEqual(decodeSignaling(fromHex(hex)), datagram);
  });

  test(`encodeSignaling() writes the ${name}`, () => {
    assert.equal(toHex(encodeSignaling(datagram, layout)), hex.replace(/\s/g, ""));
  });
}

const GOOD = encodeSignaling({ tid: 7, message: { type: "C2D_HB", cid: 1, did: 2 } });

const BAD: readonly [string, Uint8Array, RegExp][] = [
  ["shorter than its header", GOOD.subarray(0, 19), /needs 4 more bytes/],
  ["of another kind", changed(0, 0x10), /magic must be 0x2a87cf3a: is 0x2a87cf10/],
  ["with another constant", changed(8, 2), /constant must be 0x1: is 0x2/],
  ["cut short", GOOD.subarray(0, -1), /payload length/],
  ["with bytes behind its payload", Uint8Array.of(...GOOD, 0), /payload length/],
  ["with a changed payload", changed(30, 0), /checksum/],
  ["with a changed checksum", changed(16, (GOOD[16] ?? 0) ^ 1), /checksum/],
  ["with another tid than it was encrypted for", changed(12, 8), /XML|must be/],
  ["beyond the limit", oversized(), /may have 4096 bytes: has 4097/],
];

for (const [name, bytes, message] of BAD) {
  test(`decodeSignaling() rejects a datagram ${name}`, () => {
    assert.throws(() => decodeSignaling(bytes), (error) => {
      return error instanceof DecodeError && message.test(error.message);
    });
  });
}

function changed(offset: number, byte: number): Uint8Array {
  const bytes = GOOD.slice();
  bytes[offset] = byte;
  return bytes;
}

function oversized(): Uint8Array {
  const bytes = new Uint8Array(20 + MAX_SIGNALING_PAYLOAD + 1);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x2a87cf3a, true);
  view.setUint32(4, MAX_SIGNALING_PAYLOAD + 1, true);
  view.setUint32(8, 1, true);
  return bytes;
}

test("kindOf() tells datagrams apart by their first four bytes", () => {
  assert.equal(kindOf(fromHex("3acf872a")), "signaling");
  assert.equal(kindOf(fromHex("10cf872a")), "data");
  assert.equal(kindOf(fromHex("20cf872a")), "ack");
  assert.equal(kindOf(fromHex("31cf872a")), "alarm");
  assert.equal(kindOf(fromHex("30cf872a")), undefined);
  assert.equal(kindOf(fromHex("3acf87")), undefined);
  assert.equal(kindOf(new Uint8Array(0)), undefined);
});

const CHECKSUMS: readonly [string, string][] = [
  ["", "00000000"],
  ["00", "00000000"],
  ["0000000000", "00000000"],
  ["61", "3ab551ce"],
  ["313233343536373839", "2dfd2d88"],
  ["ffffffff", "debb20e3"],
];

for (const [input, expected] of CHECKSUMS) {
  test(`crcOf() of "${input}" is ${expected}`, () => {
    assert.equal(crcOf(fromHex(input)).toString(16).padStart(8, "0"), expected);
  });
}

const KEYSTREAMS: readonly [number, string][] = [
  [0, "4b3c2d1f8d7f6c5a4b2e17385a6371822b1a3f86d8f7c6a5b4e17183a5d3f217"],
  [87, "a23c2d1fe47f6c5aa22e1738b1637182821a3f862ff8c6a50be27183fcd3f217"],
  [1101, "98402d1fda836c5a98321738a7677182781e3f8625fcc6a501e67183f2d7f217"],
  [0xfffffff0, "3b3c2d1f7d7f6c5a3b2e17384a6371821b1a3f86c8f7c6a5a4e1718395d3f217"],
];

for (const [tid, expected] of KEYSTREAMS) {
  test(`xmlKeystream() of tid ${tid}`, () => {
    assert.equal(toHex(xmlKeystream(tid)), expected);
  });
}

test("cryptXml() decrypts what a camera sent", () => {
  const text = cryptXml(87, fromHex("9e6c1f4fda75501e906d486c"));
  assert.equal(new TextDecoder().decode(text), "<P2P>\n<D2C_T");
});

test("cryptXml() twice gives the text back, also beyond one period of the keystream", () => {
  const text = Uint8Array.from({ length: 100 }, (_, index) => index);
  assert.deepEqual(cryptXml(5, cryptXml(5, text)), text);
});
