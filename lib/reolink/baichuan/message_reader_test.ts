import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { BcClass, encodeMessage } from "./header.ts";
import { DEFAULT_MAX_BODY, MessageReader, type RawMessage } from "./message_reader.ts";
import { MESSAGE_VECTORS } from "./message_vectors.ts";

const STREAM = concatBytes(MESSAGE_VECTORS.map(({ hex }) => fromHex(hex)));
const HEADER = { id: 3, channel: 0, stream: 0, num: 1, code: 200, messageClass: BcClass.reply };

function media(length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
  return encodeMessage(HEADER, new Uint8Array(0), bytes);
}

function drain(reader: MessageReader): RawMessage[] {
  const messages: RawMessage[] = [];
  for (let next = reader.next(); next; next = reader.next()) messages.push(next);
  return messages;
}

function readAll(pieces: readonly Uint8Array[]): RawMessage[] {
  const reader = new MessageReader();
  return pieces.flatMap((piece) => {
    reader.push(piece);
    return drain(reader);
  });
}

function cutAt(stream: Uint8Array, length: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < stream.byteLength; at += length) {
    pieces.push(stream.slice(at, at + length));
  }
  return pieces;
}

const WHOLE = readAll([STREAM]);

test("MessageReader reads the vectors out of one piece, as views on it", () => {
  assert.equal(WHOLE.length, MESSAGE_VECTORS.length);
  for (const { body } of WHOLE) assert.equal(body.buffer, STREAM.buffer);
});

test("MessageReader reads the same whatever byte the stream is cut at", () => {
  for (let at = 0; at <= STREAM.byteLength; at++) {
    assert.deepEqual(readAll([STREAM.slice(0, at), STREAM.slice(at)]), WHOLE, `cut at ${at}`);
  }
});

test("MessageReader reads the same in pieces of any length", () => {
  for (const length of [1, 2, 3, 19, 20, 21, 23, 24, 25, 100, 1330]) {
    assert.deepEqual(readAll(cutAt(STREAM, length)), WHOLE, `pieces of ${length}`);
  }
});

test("MessageReader gathers a long message, and copies little while at it", () => {
  const length = 4 << 20;
  const message = media(length);
  const reader = new MessageReader();
  let copied = 0;
  const { set } = Uint8Array.prototype;
  Uint8Array.prototype.set = function (source, at) {
    copied += source.length;
    set.call(this, source, at);
  };
  try {
    for (const piece of cutAt(message, 1_330)) {
      reader.push(piece);
      for (const { body } of drain(reader)) {
        assert.equal(toHex(body.subarray(-8)), toHex(message.subarray(-8)));
      }
    }
  } finally {
    Uint8Array.prototype.set = set;
  }
  assert.equal(reader.buffered, 0);
  assert.ok(copied < 4 * length, `${copied} bytes copied`);
});

test("MessageReader holds no more than has come", () => {
  const reader = new MessageReader();
  reader.push(media(1 << 20).slice(0, 100));
  assert.deepEqual(drain(reader), []);
  assert.equal(reader.buffered, 100);
});

test("MessageReader refuses a body longer than it may be, whoever cuts it", () => {
  const head = media(0).slice();
  new DataView(head.buffer).setUint32(8, DEFAULT_MAX_BODY + 1, true);
  for (const length of [1, 24]) {
    assert.throws(() => readAll(cutAt(head, length)), (error: unknown) => {
      assert.ok(error instanceof DecodeError);
      assert.match(error.message, /may have 8388608 bytes: 8388609$/);
      return true;
    });
  }
});

test("MessageReader refuses another magic", () => {
  assert.throws(() => readAll([new Uint8Array(24)]), /magic must be 0x0abcdef0: have 0x00000000/);
});

test("MessageReader.push() refuses to be called before all messages are taken out", () => {
  const reader = new MessageReader();
  reader.push(STREAM);
  reader.next();
  assert.throws(() => reader.push(STREAM), RangeError);
});

test("encodeMessage() refuses an extension where the header cannot tell its length", () => {
  const header = { ...HEADER, messageClass: BcClass.legacy };
  assert.throws(() => encodeMessage(header, fromHex("00"), new Uint8Array(0)), RangeError);
});
