import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../bytes/bytes.ts";
import { BCMEDIA_VECTORS } from "../reolink/bcmedia/bcmedia_vectors.ts";
import { Findings } from "./findings.ts";
import { MediaStream } from "./media_stream.ts";

const STREAM = concatBytes(BCMEDIA_VECTORS.map(({ hex }) => fromHex(hex)));

/** What is told of these messages, and what is found wrong. */
function read(messages: readonly Uint8Array[]) {
  const stream = new MediaStream();
  const findings = new Findings();
  for (const message of messages) stream.push(message, 0, findings);
  return { fields: findings.fields.fields, rules: findings.errors.map(({ rule }) => rule) };
}

test("MediaStream tells of the same frames however they lie in messages", () => {
  const whole = read([STREAM]);
  assert.deepEqual(whole.rules, []);
  assert.equal((whole.fields["bcmedia.type"] as string[]).length, BCMEDIA_VECTORS.length);
  for (const size of [1, 5, 31, 100]) {
    // What a message begins with is looked at by itself, too.
    const count = Math.ceil((STREAM.byteLength - 64) / size);
    const rest = STREAM.subarray(64);
    const parts = Array.from({ length: count }, (_, i) => rest.subarray(i * size, (i + 1) * size));
    assert.deepEqual(read([STREAM.subarray(0, 64), ...parts]), whole, `${size}`);
  }
});

test("MediaStream waits in silence for the first frame of a capture", () => {
  const { fields, rules } = read([fromHex("01020304"), STREAM]);
  assert.equal((fields["bcmedia.type"] as string[]).length, BCMEDIA_VECTORS.length);
  assert.deepEqual(rules, []);
});

test("MediaStream says where no frame begins, and goes on with the next message that has one", () => {
  const { fields, rules } = read([concatBytes([STREAM, fromHex("00000000")]), STREAM]);
  assert.deepEqual(rules, ["a BcMedia frame must begin here"]);
  assert.equal((fields["bcmedia.type"] as string[]).length, 2 * BCMEDIA_VECTORS.length);
});

test("MediaStream says where a frame is broken off, unless only padding is missing", () => {
  const frame = fromHex("30357762 0300 0300 010203 0000000000");
  assert.deepEqual(read([frame.subarray(0, 10), frame]).rules, [
    "a BcMedia frame must go on here, but another one begins",
  ]);
  assert.deepEqual(read([frame.subarray(0, 12), frame]).rules, []);
});
