import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { BAD_BCMEDIA, BCMEDIA_VECTORS } from "./bcmedia_vectors.ts";
import { encodeAdpcm, encodeFrame, encodeVideoFrame, splitMicroseconds } from "./encode.ts";
import { FRAME_LIMITS, paddingOf, posixTimeOf, type VideoFrame } from "./frame.ts";
import { readHead } from "./head.ts";

const KEYFRAME: VideoFrame = {
  type: "video",
  keyframe: true,
  channel: 0,
  codec: "H264",
  microseconds: 0,
  microsecondsHigh: 0,
  extra: new Uint8Array(0),
  payload: new Uint8Array(0),
};

for (const { name, hex, frame, padding } of BCMEDIA_VECTORS) {
  test(`readHead() reads ${name}`, () => {
    const bytes = fromHex(hex);
    const head = readHead(bytes);
    assert.ok(head !== undefined);
    const { length, payloadLength, size } = head;
    assert.deepEqual(head.finish(bytes.subarray(length, length + payloadLength)), frame);
    assert.equal(length + payloadLength + paddingOf(size), bytes.byteLength);
  });

  test(`encodeFrame() writes ${name}`, () => {
    assert.equal(toHex(encodeFrame(frame, padding)), toHex(fromHex(hex)));
  });

  test(`readHead() waits for all of the head of ${name}`, () => {
    const bytes = fromHex(hex);
    const { length = 0 } = readHead(bytes) ?? {};
    for (let cut = 0; cut < length; cut++) {
      assert.equal(readHead(bytes.subarray(0, cut)), undefined, `${cut}`);
    }
  });
}

for (const { name, hex } of BAD_BCMEDIA) {
  test(`readHead() refuses ${name}`, () => {
    assert.throws(() => readHead(fromHex(hex)), DecodeError);
  });
}

test("readHead() takes the largest payload and additional header there may be", () => {
  const extra = new Uint8Array(FRAME_LIMITS.extra);
  const payload = new Uint8Array(FRAME_LIMITS.payload);
  const head = readHead(encodeVideoFrame({ ...KEYFRAME, extra, payload }));
  assert.deepEqual([head?.length, head?.payloadLength], [24 + 256, 8 << 20]);
});

test("posixTimeOf() knows the time of key frames that say it", () => {
  const extra = fromHex("f09b0a61 29010000");
  assert.equal(posixTimeOf({ ...KEYFRAME, extra }), 1_628_085_232);
  assert.equal(posixTimeOf({ ...KEYFRAME, extra: extra.subarray(0, 3) }), undefined);
  assert.equal(posixTimeOf({ ...KEYFRAME, extra, keyframe: false }), undefined);
});

test("splitMicroseconds() gives both words of a camera's counter", () => {
  const hours = 3_600e6 * 85.5;
  const { microseconds, microsecondsHigh } = splitMicroseconds(hours);
  assert.equal(microsecondsHigh, 71);
  assert.equal(microsecondsHigh * 2 ** 32 + microseconds, hours);
});

test("encodeVideoFrame() and encodeAdpcm() refuse what no frame can say", () => {
  const block = { type: "adpcm", unknown: 0, predictor: 0, nibbles: new Uint8Array(0) } as const;
  assert.throws(() => encodeVideoFrame({ ...KEYFRAME, channel: 10 }), RangeError);
  assert.throws(() => encodeAdpcm({ ...block, stepIndex: 89 }), RangeError);
  const nibbles = new Uint8Array(0xffff - 7);
  assert.throws(() => encodeAdpcm({ ...block, stepIndex: 0, nibbles }), RangeError);
});
