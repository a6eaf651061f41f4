import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../bytes/bytes.ts";
import { choiceCode, type CipherMode } from "../reolink/baichuan/cipher.ts";
import { BaichuanCodec, type BcMessage, xmlPayload } from "../reolink/baichuan/codec.ts";
import { sealedExtension } from "../reolink/baichuan/extension.ts";
import { BC_MAGIC, BcClass } from "../reolink/baichuan/header.ts";
import { sessionKey } from "../reolink/baichuan/login_hash.ts";
import { BCMEDIA_VECTORS } from "../reolink/bcmedia/bcmedia_vectors.ts";
import { xmlElement } from "../xml/xml.ts";
import { BaichuanSession, BaichuanStream } from "./baichuan_stream.ts";
import { Findings } from "./findings.ts";

const NONCE = "9E6D1FCB9E69846D";
const PASSWORD = "hunter2";
const HEADER = { magic: BC_MAGIC, channel: 3, stream: 0, num: 5, code: 200 } as const;
const MEDIA = fromHex(BCMEDIA_VECTORS[2]?.hex ?? "");

/** What a camera says: nonce, some XML and a picture. */
function conversation(mode: CipherMode, nonce = NONCE): Uint8Array[] {
  const codec = new BaichuanCodec();
  const encryption = xmlElement("Encryption", [xmlElement("nonce", nonce)]);
  const first: BcMessage = {
    header: { ...HEADER, id: 1, code: choiceCode(mode), messageClass: BcClass.nonce },
    payload: xmlPayload(encryption),
  };
  const said = [codec.encode(first)];
  codec.cipher.agree(mode, sessionKey(NONCE, PASSWORD));
  const header = { ...HEADER, messageClass: BcClass.reply };
  const version = xmlElement("VersionInfo", [xmlElement("name", "Yard")]);
  return [
    ...said,
    codec.encode({ header: { ...header, id: 80 }, payload: xmlPayload(version) }),
    codec.encode({
      header: { ...header, id: 3 },
      extension: sealedExtension(MEDIA, 16),
      payload: { type: "binary", bytes: MEDIA },
    }),
  ];
}

function read(messages: readonly Uint8Array[], password?: string) {
  const stream = new BaichuanStream(new BaichuanSession(password), true);
  const findings = new Findings();
  for (const message of messages) stream.push(message, 0, findings);
  assert.deepEqual(findings.errors, []);
  const { fields } = findings.fields;
  return {
    text: String(fields["bc.xml"]),
    opaque: fields["bc.opaque"],
    media: fields["bcmedia.type"],
    words: findings.summaries.join("; "),
  };
}

for (const mode of ["none", "bc"] as const) {
  test(`BaichuanStream reads text and media of a camera with cipher ${mode}`, () => {
    const { text, opaque, media, words } = read(conversation(mode));
    assert.match(text, /<nonce>9E6D.*<name>Yard<.*<binaryData>1</);
    assert.deepEqual([opaque, media], [undefined, ["key"]]);
    assert.match(words, /^login \(1\) 0xdd0\d #5 of \d+ bytes, cipher \w+; version \(80\) 200 #5/);
    assert.match(words, /; media #5 of \d+ bytes; H264 key frame of 9 bytes at \d+\.\d{6} s$/);
  });
}

test("BaichuanStream says what is enciphered with a key it does not have", () => {
  const aes = read(conversation("aes"));
  assert.doesNotMatch(aes.text, /Yard/);
  assert.match(aes.words, /version \(80\) 200 #5 of \d+ bytes, enciphered; media/);
  assert.deepEqual(aes.media, ["key"]);
  const full = read(conversation("fullAes"));
  assert.deepEqual(full.media, undefined);
  assert.match(full.words, /preview \(3\) 200 #5 of \d+ bytes, enciphered$/);
});

for (const mode of ["aes", "fullAes"] as const) {
  test(`BaichuanStream reads cipher ${mode} with the password`, () => {
    const { text, opaque, media } = read(conversation(mode), PASSWORD);
    assert.match(text, /<name>Yard<.*<encryptLen>16</);
    assert.deepEqual([opaque, media], [undefined, ["key"]]);
  });
}

test("BaichuanStream takes a wrong password, and a nonce that is masked, for none", () => {
  for (
    const { text, words } of [
      read(conversation("aes"), "wrong"),
      read(conversation("aes", "*".repeat(16)), PASSWORD),
    ]
  ) {
    assert.doesNotMatch(text, /Yard/);
    assert.match(words, /version \(80\) 200 #5 of \d+ bytes, enciphered/);
  }
});
