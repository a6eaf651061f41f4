import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../../bytes/bytes.ts";
import { Framer } from "./framer.ts";
import { encodeMessage, MAX_SIGN_LENGTH, type Message } from "./message.ts";
import { MESSAGE_VECTORS } from "./message_vectors.ts";

function frame(...chunks: Uint8Array[]): Message[] {
  const framer = new Framer();
  const messages: Message[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    for (let message = framer.poll(); message; message = framer.poll()) messages.push(message);
  }
  return joinData(messages);
}

/** Data comes in whatever pieces the chunks allowed; what counts is the realm's bytes. */
function joinData(messages: readonly Message[]): Message[] {
  const joined: Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (message.type === "data" && last?.type === "data" && last.realm === message.realm) {
      joined[joined.length - 1] = { ...last, bytes: concatBytes([last.bytes, message.bytes]) };
    } else joined.push(message);
  }
  return joined;
}

for (const { name, hex, message } of MESSAGE_VECTORS) {
  test(`Framer reads ${name}`, () => {
    assert.deepEqual(frame(fromHex(hex)), [message]);
  });

  test(`encodeMessage() writes ${name}`, () => {
    assert.equal(toHex(encodeMessage(message)), hex.replaceAll(" ", ""));
  });
}

// A sign says its length by the segment it came in, so it is left out where segments are cut.
const STREAM = MESSAGE_VECTORS.filter(({ message }) => message.type !== "authenticate");

test("Framer reads the same messages wherever the stream is cut", () => {
  const stream = concatBytes(STREAM.map(({ hex }) => fromHex(hex)));
  const expected = joinData(STREAM.map(({ message }) => message));
  for (let cut = 1; cut < stream.byteLength; cut++) {
    assert.deepEqual(frame(stream.subarray(0, cut), stream.subarray(cut)), expected);
  }
  assert.deepEqual(frame(...Array.from(stream, (byte) => Uint8Array.of(byte))), expected);
});

test("Framer takes a sign to be the rest of the segment it begins", () => {
  const sign = fromHex("0102030405060708");
  assert.deepEqual(frame(encodeMessage({ type: "sign", sign })), [{ type: "sign", sign }]);
});

test("Framer takes a sign in the middle of a segment to have four bytes", () => {
  const chunk = concatBytes([
    encodeMessage({ type: "heartbeat" }),
    encodeMessage({ type: "sign", sign: fromHex("01020304") }),
    encodeMessage({ type: "heartbeat" }),
  ]);
  assert.deepEqual(frame(chunk).map((message) => message.type), ["heartbeat", "sign", "heartbeat"]);
});

test("Framer skips a message of unknown type by its length", () => {
  const framer = new Framer();
  framer.push(fromHex("55000003 00000000 00000000 aabbcc 13000000 00000000 00000000"));
  assert.deepEqual(framer.poll(), { type: "heartbeat" });
  assert.equal(framer.unknown, 1);
});

test("Framer drops the rest of a segment that makes no sense, and goes on with the next", () => {
  const framer = new Framer();
  framer.push(fromHex("55000000 deadbeef deadbeef deadbeef deadbeef"));
  framer.push(encodeMessage({ type: "heartbeat" }));
  assert.deepEqual(framer.poll(), { type: "heartbeat" });
  assert.equal(framer.desynchronised, 1);
});

const LENGTH_LIMITS = [
  { what: "data", type: "10", limit: 0xffff },
  { what: "a sign", type: "18", limit: MAX_SIGN_LENGTH },
  { what: "an unknown type", type: "55", limit: 4096 },
];

for (const { what, type, limit } of LENGTH_LIMITS) {
  test(`Framer believes a header of ${what} that declares ${limit} bytes, and no more`, () => {
    for (const [length, lost] of [[limit, 0], [limit + 1, 1]] as const) {
      const framer = new Framer();
      framer.push(fromHex(`${type}${length.toString(16).padStart(6, "0")} 00000001 00000000`));
      assert.equal(framer.desynchronised, lost, `${length} bytes`);
    }
  });
}

test("Framer.atBoundary tells whether a message has begun", () => {
  const framer = new Framer();
  const message = encodeMessage({ type: "data", realm: 1, bytes: new Uint8Array(10) });
  assert.equal(framer.atBoundary, true);
  framer.push(message.subarray(0, 5));
  assert.equal(framer.atBoundary, false);
  framer.push(message.subarray(5, 15));
  assert.equal(framer.atBoundary, false);
  framer.push(message.subarray(15));
  assert.equal(framer.atBoundary, true);
});
