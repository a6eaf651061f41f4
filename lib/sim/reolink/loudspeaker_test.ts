import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeAdpcm } from "../../reolink/bcmedia/encode.ts";
import { Loudspeaker, MAX_RECORDED } from "./loudspeaker.ts";

const BLOCK_SAMPLES = 8_192;
const BLOCK = encodeAdpcm({
  type: "adpcm",
  unknown: 0,
  predictor: 0,
  stepIndex: 0,
  nibbles: new Uint8Array(BLOCK_SAMPLES / 2),
});

test("Loudspeaker plays for one client at a time", () => {
  const loudspeaker = new Loudspeaker();
  const [one, other] = [{}, {}];
  assert.ok(loudspeaker.take(one) && loudspeaker.take(one));
  assert.ok(!loudspeaker.take(other));
  assert.ok(!loudspeaker.play(other, BLOCK) && loudspeaker.play(one, BLOCK));
  loudspeaker.release(other);
  assert.ok(loudspeaker.isTaken);
  loudspeaker.release(one);
  assert.ok(loudspeaker.take(other));
});

test("Loudspeaker remembers no more than its limit, the latest", () => {
  const loudspeaker = new Loudspeaker();
  const client = {};
  loudspeaker.take(client);
  const blocks = Math.ceil(MAX_RECORDED / BLOCK_SAMPLES) + 2;
  for (let i = 0; i < blocks; i++) loudspeaker.play(client, BLOCK);
  assert.equal(loudspeaker.messages, blocks);
  const { length } = loudspeaker.heard;
  assert.ok(length <= MAX_RECORDED && length > MAX_RECORDED - BLOCK_SAMPLES, `${length}`);
});

test("Loudspeaker makes no sound of what is no ADPCM", () => {
  const loudspeaker = new Loudspeaker();
  const client = {};
  loudspeaker.take(client);
  assert.ok(loudspeaker.play(client, new Uint8Array(64)));
  assert.deepEqual([loudspeaker.heard.length, loudspeaker.bytes], [0, 64]);
});
