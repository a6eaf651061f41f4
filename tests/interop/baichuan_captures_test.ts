/** Messages of real cameras, where somebody has put captures beside the project. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { toHex } from "../../lib/bytes/bytes.ts";
import { BaichuanCodec, type BcMessage } from "../../lib/reolink/baichuan/codec.ts";
import { writeXml } from "../../lib/xml/xml.ts";

const FOLDER = new URL("../../../shared/fixtures/reolink/bc/", import.meta.url);

const skip = !existsSync(FOLDER);

function one(codec: BaichuanCodec, bytes: Uint8Array): BcMessage {
  codec.push(bytes);
  const message = codec.next(0);
  assert.ok(message !== undefined && codec.next(0) === undefined);
  return message;
}

function binary(message: BcMessage): string {
  assert.ok(message.payload.type === "binary", message.payload.type);
  return toHex(message.payload.bytes);
}

function xml(message: BcMessage): string {
  assert.ok(message.payload.type === "xml", message.payload.type);
  return message.payload.elements.map(writeXml).join("");
}

function load(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

const CAPTURES = [
  {
    file: "model_sample_modern_login.bin",
    header: { id: 1, num: 0x0100, code: 0xdd01, messageClass: 0x6614 },
    xml: '<Encryption version="1.1"><type>md5</type><nonce>9E6D1FCB9E69846D</nonce></Encryption>',
  },
  {
    file: "battery_enc.bin",
    header: { id: 1, num: 0x0001, code: 0xdd03, messageClass: 0x6614 },
    xml: "<nonce>0-AhnEZyUg6eKrJFIWgXPF</nonce>",
  },
  {
    file: "modern_login_failed.bin",
    header: { id: 1, num: 0, code: 400, messageClass: 0 },
  },
  {
    file: "modern_video_start1.bin",
    header: { id: 3, num: 0x0900, code: 200, messageClass: 0 },
    // Of a picture 3840 pixels wide.
    binary: `${toHex(new TextEncoder().encode("1002"))}20000000000f0000`,
  },
  {
    file: "xml_mainstream_b800.bin",
    header: { id: 3, channel: 138, num: 0, code: 0, messageClass: 0x6414 },
    xml: '<Preview version="1.1"><channelId>0</channelId><handle>0</handle>' +
      "<streamType>mainStream</streamType></Preview>",
  },
  {
    file: "xml_substream_b800.bin",
    header: { id: 3, channel: 143 },
    xml: "<handle>256</handle><streamType>subStream</streamType>",
  },
  {
    file: "xml_externstream_b800.bin",
    header: { id: 3, channel: 140 },
    xml: "<handle>1024</handle><streamType>externStream</streamType>",
  },
] as const;

for (const row of CAPTURES) {
  test(`BaichuanCodec reads the capture ${row.file}`, { skip }, () => {
    const message = one(new BaichuanCodec(), load(row.file));
    for (const [key, value] of Object.entries(row.header)) {
      assert.equal(message.header[key as keyof typeof message.header], value, key);
    }
    if ("xml" in row) assert.ok(xml(message).replace(/>\s+</g, "><").includes(row.xml));
    else if ("binary" in row) assert.ok(binary(message).startsWith(row.binary));
    else assert.equal(message.payload.type, "none");
  });
}

test("BaichuanCodec reads the capture of a first request with a body", { skip }, () => {
  const message = one(new BaichuanCodec(), load("model_sample_legacy_login.bin"));
  assert.equal(message.header.code, 0xdc01);
  assert.ok(message.payload.type === "binary");
  assert.equal(message.payload.bytes.byteLength, 1836);
  const user = new TextDecoder().decode(message.payload.bytes.subarray(0, 32));
  assert.equal(user, "21232F297A57A5A743894A0E4A801FC\0");
  assert.ok(message.payload.bytes.subarray(32).every((byte) => byte === 0));
});
