import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { writeXml, xmlElement } from "../../xml/xml.ts";
import { MARK_LIFETIME } from "./binary_marks.ts";
import type { CipherMode } from "./cipher.ts";
import { BaichuanCodec, type BcMessage, NO_PAYLOAD, xmlPayload } from "./codec.ts";
import { sealedExtension, wordAt } from "./extension.ts";
import { BcClass, encodeMessage } from "./header.ts";
import { sessionKey } from "./login_hash.ts";
import { MESSAGE_VECTORS, VECTOR_NONCE, VECTOR_PASSWORD } from "./message_vectors.ts";

const KEY = sessionKey(VECTOR_NONCE, VECTOR_PASSWORD);
const MODES: readonly CipherMode[] = ["none", "bc", "aes", "fullAes"];
const HEADER = { id: 3, channel: 7, stream: 1, num: 9, code: 200, messageClass: BcClass.reply };

function codecIn(mode: CipherMode, maxBody?: number): BaichuanCodec {
  const codec = new BaichuanCodec(maxBody);
  codec.cipher.agree(mode, KEY);
  return codec;
}

function decodeAll(codec: BaichuanCodec, bytes: Uint8Array, now = 0): BcMessage[] {
  codec.push(bytes);
  const messages: BcMessage[] = [];
  for (let next = codec.next(now); next; next = codec.next(now)) messages.push(next);
  return messages;
}

function one(codec: BaichuanCodec, bytes: Uint8Array, now = 0): BcMessage {
  const [message, ...more] = decodeAll(codec, bytes, now);
  assert.ok(message !== undefined && more.length === 0);
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

for (const { name, hex, mode, message } of MESSAGE_VECTORS) {
  test(`BaichuanCodec reads and writes: ${name}`, () => {
    assert.deepEqual(one(codecIn(mode), fromHex(hex)), message);
    assert.equal(toHex(codecIn(mode).encode(message)), hex.replace(/\s+/g, ""));
  });
}

test("BaichuanCodec reads what it writes, in every mode and at every offset", () => {
  const payload = xmlPayload(xmlElement("A", [xmlElement("b", "ä<&>"), xmlElement("c", "1")]));
  for (const mode of MODES) {
    for (const id of [1, 33]) {
      for (let channel = 0; channel < 256; channel++) {
        const header = { ...HEADER, magic: 0x0abcdef0, id, channel } as const;
        const message = { header, extension: { channel: 3, userName: "u" }, payload };
        assert.deepEqual(one(codecIn(mode), codecIn(mode).encode(message)), message);
      }
    }
  }
});

test("BaichuanCodec keeps to the table of ciphers", () => {
  const declaration = "3c3f786d6c2076657273696f6e3d2231";
  const offset = "23124426"; // What the simple cipher makes of it at offset 0.
  const aes = "de15be40";
  const expected: Record<CipherMode, readonly string[]> = {
    none: [declaration, declaration],
    bc: [offset, offset],
    aes: [offset, aes],
    fullAes: [offset, aes],
  };
  for (const mode of MODES) {
    const heads = [1, 33].map((id) => {
      const header = { ...HEADER, id, channel: 0 };
      const bytes = codecIn(mode).encode({ header, payload: xmlPayload() });
      return toHex(bytes.subarray(24, 40));
    });
    expected[mode].forEach((start, i) => assert.ok(heads[i]?.startsWith(start), `${mode} ${i}`));
  }
});

test("BaichuanCodec reads text under any cipher, whatever was agreed on", () => {
  const message = { header: { ...HEADER, id: 33 }, payload: xmlPayload(xmlElement("A", "1")) };
  for (const theirs of MODES) {
    for (const ours of MODES) {
      assert.equal(xml(one(codecIn(ours), codecIn(theirs).encode(message))), "<A>1</A>");
    }
  }
});

test("BaichuanCodec reads the nonce under the cipher its own code names", () => {
  for (const code of [0xdd00, 0xdd01, 0xdd02, 0xdd03, 0xdd12]) {
    const header = { ...HEADER, id: 1, code, messageClass: BcClass.nonce };
    const payload = xmlPayload(xmlElement("Encryption"));
    const bytes = new BaichuanCodec().encode({ header, payload });
    assert.equal(toHex(bytes.subarray(20, 22)), code === 0xdd00 ? "3c3f" : "c427");
    assert.equal(xml(one(new BaichuanCodec(), bytes)), "<Encryption></Encryption>");
  }
});

test("BaichuanCodec enciphers the head of a binary payload with full AES only", () => {
  const plain = fromHex("30306463483236340800000000000000804f12000000000000000001675768ee");
  const extension = sealedExtension(plain, 16);
  assert.deepEqual(extension, {
    binary: true,
    checkPosition: 0,
    checkValue: 1667510320,
    encryptLength: 16,
  });
  const message: BcMessage = {
    header: HEADER,
    extension,
    payload: { type: "binary", bytes: plain },
  };
  for (const mode of MODES) {
    const sealed = codecIn(mode).encode(message);
    const tail = toHex(sealed.subarray(-plain.byteLength));
    if (mode === "fullAes") {
      const head = "d21aa24e7cd5a3bb06c777397fdc15c4";
      assert.equal(tail, `${head}804f12000000000000000001675768ee`);
    } else {
      assert.equal(tail, toHex(plain));
    }
    // The check word tells, even to one who expects the other mode.
    for (const ours of MODES) {
      assert.equal(binary(one(codecIn(ours), sealed)), toHex(plain), `${mode} read in ${ours}`);
    }
  }
});

test("BaichuanCodec goes by the mode where no check word tells", () => {
  const plain = fromHex("3030646348323634 0800000000000000");
  const extension = { binary: true, encryptLength: 8 };
  const payload = { type: "binary", bytes: plain } as const;
  const sealed = codecIn("fullAes").encode({ header: HEADER, extension, payload });
  assert.equal(binary(one(codecIn("fullAes"), sealed)), toHex(plain));
  assert.notEqual(binary(one(codecIn("aes"), sealed)), toHex(plain));
});

test("BaichuanCodec takes messages for binary as the first of their number said", () => {
  const codec = codecIn("bc");
  const media = { type: "binary", bytes: fromHex("30306463") } as const;
  const start = codec.encode({ header: HEADER, extension: { binary: true }, payload: media });
  const more = codec.encode({ header: HEADER, payload: media });
  const other = codec.encode({ header: { ...HEADER, num: 10 }, payload: media });
  const push = codec.encode({
    header: { ...HEADER, id: 33 },
    payload: xmlPayload(xmlElement("A")),
  });
  const end = codec.encode({
    header: HEADER,
    extension: { binary: false },
    payload: xmlPayload(xmlElement("B")),
  });
  const messages = decodeAll(codec, concatBytes([start, more, other, push, end, more]));
  assert.deepEqual(messages.map(({ payload }) => payload.type), [
    ...["binary", "binary", "opaque", "xml", "xml", "opaque"],
  ]);
  assert.equal(codec.counters.opaquePayloads, 2);
});

test("BaichuanCodec forgets that a number is binary after minutes without use", () => {
  const codec = codecIn("bc");
  const payload = { type: "binary", bytes: fromHex("30306463") } as const;
  const start = codec.encode({ header: HEADER, extension: { binary: true }, payload });
  const more = codec.encode({ header: HEADER, payload });
  one(codec, start, 0);
  assert.equal(one(codec, more, MARK_LIFETIME).payload.type, "binary");
  assert.equal(one(codec, more, 2 * MARK_LIFETIME).payload.type, "binary");
  assert.equal(one(codec, more, 3 * MARK_LIFETIME + 1).payload.type, "opaque");
});

test("BaichuanCodec counts a message it cannot read, and reads on", () => {
  const codec = codecIn("bc");
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const nothing = new Uint8Array(0);
  const bad = [
    fromHex("f0debc0a 21000000 02000000 00000000 c8000000 03000000 ffff"), // Offset behind the end.
    encodeMessage(HEADER, utf8("no XML at all"), nothing),
    encodeMessage(HEADER, utf8("<Extension><channelId>x</channelId></Extension>"), nothing),
    encodeMessage(HEADER, nothing, utf8("<?xml version='1.0'?><body>")),
  ];
  const good = codec.encode({ header: HEADER, payload: NO_PAYLOAD });
  const messages = decodeAll(codec, concatBytes(bad.flatMap((one) => [one, good])));
  assert.equal(messages.length, 4);
  assert.deepEqual(codec.counters, { messages: 4, badMessages: 4, opaquePayloads: 0 });
});

test("BaichuanCodec leaves a payload it cannot read as it came", () => {
  const payload = { type: "opaque", bytes: fromHex("00112233") } as const;
  const bytes = codecIn("aes").encode({ header: HEADER, payload });
  assert.deepEqual(one(codecIn("aes"), bytes).payload, payload);
  const huge = new Uint8Array(2 << 20).fill(0x20);
  const unread = encodeMessage(HEADER, new Uint8Array(0), huge);
  assert.equal(one(codecIn("none"), unread).payload.type, "opaque");
});

test("BaichuanCodec takes XML with NULs behind it, without declaration, and without body", () => {
  for (const text of ["<body><A/></body>\n\0\0", " <?xml version='1.0'?>\n<A/>"]) {
    const bytes = encodeMessage(HEADER, new Uint8Array(0), new TextEncoder().encode(text));
    assert.equal(xml(one(codecIn("bc"), bytes)), "<A></A>");
  }
});

test("BaichuanCodec throws where the stream cannot be read on", () => {
  const codec = codecIn("none", 100);
  codec.push(fromHex("f0debc0b 01000000 00000000 00000000 00000000"));
  assert.throws(() => codec.next(0), DecodeError);
  const small = codecIn("none", 100);
  small.push(fromHex("f0debc0a 01000000 65000000 00000000 00000000 00000000"));
  assert.throws(() => small.next(0), /may have 100 bytes: 101/);
});

test("wordAt() reads a signed word, and nothing beyond the end", () => {
  assert.equal(wordAt(fromHex("00ffffffff"), 1), -1);
  assert.equal(wordAt(fromHex("00ffffffff"), 2), undefined);
  assert.equal(wordAt(fromHex("00ffffffff"), -1), undefined);
});
