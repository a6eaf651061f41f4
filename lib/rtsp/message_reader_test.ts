import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { encodeMessage, RtspHeaders, type RtspMessage } from "./message.ts";
import { DEFAULT_MESSAGE_LIMITS, MessageReader } from "./message_reader.ts";
import { BAD_MESSAGES, MESSAGE_VECTORS, type PlainMessage } from "./message_vectors.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function plain(message: RtspMessage): PlainMessage {
  const text = (part: Uint8Array) => new TextDecoder().decode(part);
  if (message.type === "interleaved") return { ...message, payload: text(message.payload) };
  const { headers, body, ...rest } = message;
  return { ...rest, fields: [...headers], body: text(body) };
}

function message(from: PlainMessage): RtspMessage {
  if (from.type === "interleaved") return { ...from, payload: bytes(from.payload) };
  const { fields, body, ...rest } = from;
  const headers = new RtspHeaders(fields.filter(([name]) => name !== "Content-Length"));
  return { ...rest, headers, body: bytes(body) };
}

function readAll(reader: MessageReader): PlainMessage[] {
  const messages: PlainMessage[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    messages.push(plain(next));
  }
  return messages;
}

for (const { name, text, messages, encodes } of MESSAGE_VECTORS) {
  test(`MessageReader reads ${name}`, () => {
    const reader = new MessageReader();
    reader.push(bytes(text));
    assert.deepEqual(readAll(reader), messages);
  });

  test(`MessageReader reads ${name}, byte by byte`, () => {
    const reader = new MessageReader();
    const read = Array.from(bytes(text), (byte) => {
      reader.push(Uint8Array.of(byte));
      return readAll(reader);
    });
    assert.deepEqual(read.flat(), messages);
  });

  if (!encodes) continue;
  test(`encodeMessage() writes ${name}`, () => {
    assert.deepEqual(
      concatBytes(messages.map((from) => encodeMessage(message(from)))),
      bytes(text),
    );
  });
}

for (const { name, text } of BAD_MESSAGES) {
  test(`MessageReader rejects ${name}`, () => {
    const reader = new MessageReader();
    reader.push(bytes(text));
    assert.throws(() => reader.next(), DecodeError);
  });
}

const LIMITS = { headBytes: 64, fields: 3, bodyBytes: 10, bufferedBytes: 100 };

/** A request whose head has exactly `length` bytes. */
function headOf(length: number): string {
  const head = "PLAY * RTSP/1.0\r\nA: \r\n\r\n";
  return head.replace("A: ", `A: ${"x".repeat(length - head.length)}`);
}

test("MessageReader reads a head of as many bytes as it may have, and refuses one more", () => {
  const reader = new MessageReader(LIMITS);
  reader.push(bytes(headOf(64)));
  assert.equal(readAll(reader).length, 1);
  reader.push(bytes(headOf(65)));
  assert.throws(() => reader.next(), DecodeError);
});

test("MessageReader refuses a head without end once it is too long", () => {
  const reader = new MessageReader(LIMITS);
  reader.push(bytes("x".repeat(64)));
  assert.equal(reader.next(), undefined);
  reader.push(bytes("x"));
  assert.throws(() => reader.next(), DecodeError);
});

test("MessageReader reads as many header fields as there may be, and refuses one more", () => {
  const reader = new MessageReader(LIMITS);
  reader.push(bytes("PLAY * RTSP/1.0\r\nA:\r\nB:\r\nC:\r\n\r\n"));
  assert.equal(readAll(reader).length, 1);
  reader.push(bytes("PLAY * RTSP/1.0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n"));
  assert.throws(() => reader.next(), DecodeError);
});

test("MessageReader refuses a body by its length, before it comes", () => {
  const reader = new MessageReader(LIMITS);
  reader.push(bytes("PLAY * RTSP/1.0\r\nContent-Length: 10\r\n\r\n0123456789"));
  assert.equal(readAll(reader).length, 1);
  reader.push(bytes("PLAY * RTSP/1.0\r\nContent-Length: 11\r\n\r\n"));
  assert.throws(() => reader.next(), DecodeError);
});

test("MessageReader takes in no more than it may hold", () => {
  const reader = new MessageReader(LIMITS);
  reader.push(new Uint8Array(100));
  assert.throws(() => reader.push(new Uint8Array(1)), DecodeError);
});

test("MessageReader can hold the longest interleaved frame and the longest message", () => {
  const { headBytes, bodyBytes, bufferedBytes } = DEFAULT_MESSAGE_LIMITS;
  assert.ok(bufferedBytes >= 4 + 65_535 && bufferedBytes >= headBytes + bodyBytes);
});

test("encodeMessage() refuses a value with a line end in it", () => {
  const headers = new RtspHeaders([["Session", "1\r\nEvil: 1"]]);
  const response = { type: "response", status: 200, reason: "OK", headers } as const;
  assert.throws(() => encodeMessage({ ...response, body: new Uint8Array(0) }), RangeError);
});

test("encodeMessage() refuses a frame whose length does not fit 16 bits", () => {
  const payload = new Uint8Array(65_536);
  assert.throws(() => encodeMessage({ type: "interleaved", channel: 0, payload }), RangeError);
});

test("RtspHeaders finds fields without regard to case, the first or all of them", () => {
  const headers = new RtspHeaders([["A", "1"], ["b", "2"], ["a", "3"]]);
  assert.equal(headers.get("a"), "1");
  assert.deepEqual(headers.getAll("A"), ["1", "3"]);
  assert.equal(headers.get("c"), undefined);
});
