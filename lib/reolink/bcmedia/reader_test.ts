import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex } from "../../bytes/bytes.ts";
import { BCMEDIA_VECTORS } from "./bcmedia_vectors.ts";
import { encodeFrame, encodeVideoFrame } from "./encode.ts";
import { type BcMediaFrame, FRAME_LIMITS } from "./frame.ts";
import { type BcMediaGap, BcMediaReader } from "./reader.ts";

const FRAMES = BCMEDIA_VECTORS.map(({ frame }) => frame);
const STREAM = concatBytes(BCMEDIA_VECTORS.map(({ hex }) => fromHex(hex)));
const KEYS = FRAMES.map((frame) => JSON.stringify(frame));
const [FIRST] = FRAMES;
const BIG: BcMediaFrame = {
  type: "video",
  keyframe: true,
  channel: 0,
  codec: "H265",
  microseconds: 1,
  microsecondsHigh: 0,
  extra: new Uint8Array(8),
  payload: new Uint8Array(100_003).map((_, i) => i * 7),
};

/** Everything the reader makes of these messages, told one by one. */
function read(reader: BcMediaReader, messages: readonly Uint8Array[]) {
  const found: (BcMediaFrame | BcMediaGap)[] = [];
  for (const message of messages) {
    reader.push(message);
    for (let one = reader.next(); one !== undefined; one = reader.next()) found.push(one);
  }
  return found;
}

/** The same, and what waits for proof at the end. */
function readAll(messages: readonly Uint8Array[]) {
  const reader = new BcMediaReader();
  const found = read(reader, messages);
  const kept = reader.release();
  return kept === undefined ? found : [...found, kept];
}

function cutInto(bytes: Uint8Array, length: number): Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / length);
  return Array.from({ length: count }, (_, i) => bytes.subarray(length * i, length * (i + 1)));
}

/** Asserts that frames were left out at the most: none made up, none twice, none out of order. */
function assertNoWrongFrame(found: readonly (BcMediaFrame | BcMediaGap)[], why: string): void {
  let from = 0;
  for (const one of found) {
    if (one.type === "gap") continue;
    const at = KEYS.indexOf(JSON.stringify(one), from);
    assert.ok(at >= 0, `${why}: ${JSON.stringify(one)}`);
    from = at + 1;
  }
}

test("BcMediaReader reads a stream in messages of any length", () => {
  for (let length = 1; length <= STREAM.byteLength; length++) {
    assert.deepEqual(readAll(cutInto(STREAM, length)), FRAMES, `messages of ${length}`);
  }
});

test("BcMediaReader reads a stream cut in two at every byte", () => {
  for (let cut = 0; cut <= STREAM.byteLength; cut++) {
    const messages = [STREAM.subarray(0, cut), STREAM.subarray(cut)];
    assert.deepEqual(readAll(messages), FRAMES, `cut at ${cut}`);
  }
});

test("BcMediaReader hands out a frame that fills its message at once", () => {
  const reader = new BcMediaReader();
  for (const frame of FRAMES) {
    assert.deepEqual(read(reader, [encodeFrame(frame)]), [frame]);
    assert.ok(!reader.isKeeping);
  }
});

test("BcMediaReader keeps a frame pieced together until the next one proves it, or release()", () => {
  const bytes = encodeFrame(BIG);
  const reader = new BcMediaReader();
  assert.deepEqual(read(reader, cutInto(bytes, 40_000)), []);
  assert.ok(reader.isKeeping);
  assert.ok(FIRST !== undefined);
  assert.deepEqual(read(reader, [encodeFrame(FIRST)]), [BIG, FIRST]);
  assert.deepEqual(read(reader, cutInto(bytes, 40_000)), []);
  assert.deepEqual(reader.release(), BIG);
  assert.equal(reader.release(), undefined);
  assert.ok(!reader.isKeeping);
});

test("BcMediaReader borrows messages only", () => {
  const reader = new BcMediaReader();
  const found: unknown[] = [];
  const message = new Uint8Array(40_000);
  for (const piece of [...cutInto(encodeFrame(BIG), 40_000), STREAM]) {
    message.set(piece);
    found.push(...read(reader, [message.subarray(0, piece.byteLength)]));
    message.fill(0xff);
  }
  assert.deepEqual(found, [BIG, ...FRAMES]);
});

/** Bytes that are no frame, nor would be one with a byte of a frame in front or behind. */
const GARBAGE = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 24, 31, 32, 33, 40, 64].map((length) => {
  return Uint8Array.from({ length }, (_, i) => 0x80 | (length * 31 + i * 17));
});

test("BcMediaReader takes no garbage for a frame, whatever message it comes between", () => {
  for (let cut = 0; cut <= STREAM.byteLength; cut++) {
    for (const garbage of GARBAGE) {
      const messages = [STREAM.subarray(0, cut), garbage, STREAM.subarray(cut), STREAM];
      const found = readAll(messages);
      const why = `${garbage.byteLength} bytes at ${cut}`;
      assert.deepEqual(found.slice(-FRAMES.length), FRAMES, why);
      assertNoWrongFrame(found.slice(0, -FRAMES.length), why);
      // The last few can be proved wrong by what follows them only.
      const isInside = cut > 0 && cut < STREAM.byteLength;
      if (isInside) assert.ok(found.some(({ type }) => type === "gap"), why);
    }
  }
});

test("BcMediaReader takes no frame that garbage is in the middle of, at the end of a message", () => {
  for (let cut = 0; cut <= STREAM.byteLength; cut++) {
    for (const garbage of GARBAGE) {
      const torn = concatBytes([STREAM.subarray(0, cut), garbage, STREAM.subarray(cut)]);
      for (const messages of [[torn, STREAM], [...cutInto(torn, 29), STREAM]]) {
        const found = readAll(messages);
        const why = `${garbage.byteLength} bytes at ${cut}, ${messages.length} messages`;
        assert.deepEqual(found.slice(-FRAMES.length), FRAMES, why);
        assertNoWrongFrame(found.slice(0, -FRAMES.length), why);
      }
    }
  }
});

test("BcMediaReader goes on at the next message that begins with a frame when some are missing", () => {
  const messages = BCMEDIA_VECTORS.map(({ hex }) => fromHex(hex));
  const big = cutInto(encodeFrame(BIG), 1_000);
  for (let missing = 0; missing < big.length; missing++) {
    const found = readAll([...messages, ...big.toSpliced(missing, 1), ...messages]);
    assert.deepEqual(found, [...FRAMES, { type: "gap" }, ...FRAMES], `without ${missing}`);
  }
});

test("BcMediaReader forgives a camera that saves itself the padding at the end of a message", () => {
  const padded = FRAMES.map((frame) => encodeFrame(frame));
  const [key, other] = [FRAMES[2], FRAMES[5]];
  assert.ok(key?.type === "video" && other?.type === "video");
  const bare = encodeVideoFrame(key).subarray(0, -7);
  assert.deepEqual(readAll([bare, ...padded]), [key, ...FRAMES]);
});

test("BcMediaReader says once that it is lost, and counts what it left out", () => {
  const reader = new BcMediaReader();
  const garbage = fromHex("3c3f786d6c20");
  assert.deepEqual(read(reader, [garbage, garbage, garbage.subarray(0, 2)]), [{ type: "gap" }]);
  assert.ok(reader.isLost);
  assert.deepEqual([reader.gaps, reader.discarded], [1, 14]);
  assert.deepEqual(read(reader, [STREAM]), FRAMES);
  assert.ok(!reader.isLost);
  assert.deepEqual([reader.gaps, reader.discarded], [1, 14]);
});

test("BcMediaReader does not look for frames inside messages while it is lost", () => {
  const reader = new BcMediaReader();
  const messages = [Uint8Array.of(1), STREAM].map((bytes) => concatBytes([fromHex("ff"), bytes]));
  assert.deepEqual(read(reader, messages), [{ type: "gap" }]);
  assert.equal(reader.discarded, STREAM.byteLength + 3);
});

test("BcMediaReader.reset() begins anew", () => {
  const reader = new BcMediaReader();
  read(reader, [encodeFrame(BIG).subarray(0, 1_000)]);
  reader.reset();
  assert.deepEqual(read(reader, [STREAM]), FRAMES);
  read(reader, [fromHex("ffffffff")]);
  reader.reset();
  assert.ok(!reader.isLost);
  read(reader, cutInto(encodeFrame(BIG), 40_000));
  reader.reset();
  assert.equal(reader.release(), undefined);
});

test("BcMediaReader takes the largest frame in tiny messages, in time that grows with it alone", () => {
  const payload = new Uint8Array(FRAME_LIMITS.payload).fill(7);
  const bytes = encodeFrame({ ...BIG, payload });
  const reader = new BcMediaReader();
  // Quadratic copying would take minutes.
  assert.deepEqual(read(reader, cutInto(bytes, 100)), []);
  const frame = reader.release();
  assert.ok(frame?.type === "video");
  assert.equal(frame.payload.byteLength, payload.byteLength);
  assert.ok(frame.payload.every((byte) => byte === 7));
});
