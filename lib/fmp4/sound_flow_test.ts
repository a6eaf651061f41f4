import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../bytes/bytes.ts";
import type { SoundCodec, SoundPiece } from "./sound_codec.ts";
import { PATIENCE, SoundFlow, type SoundRun } from "./sound_flow.ts";

/** 1000 samples a second in frames of 100; silence is ff. */
const CODEC: SoundCodec = {
  name: "test",
  rate: 1_000,
  entry: new Uint8Array(0),
  read: (parts) => parts.map(piece),
  silence: (samples) =>
    Array.from({ length: Math.floor(samples / 100) }, () => piece(fromHex("ff"))),
};

function piece(bytes: Uint8Array): SoundPiece {
  return { samples: 100, encode: () => bytes };
}

const frames = (...numbers: readonly number[]) => numbers.map((number) => Uint8Array.of(number));

/** First byte of each frame, behind the time of the first. */
function shown({ decodeAt, samples }: SoundRun): readonly (number | undefined)[] {
  return [decodeAt, ...samples.map(({ parts: [bytes] }) => bytes?.[0])];
}

test("SoundFlow puts frames one behind the other, however their timestamps tremble", () => {
  const flow = new SoundFlow(CODEC);
  assert.deepEqual(shown(flow.take(0, frames(1, 2))), [0, 1, 2]);
  assert.deepEqual(shown(flow.take(270, frames(3))), [200, 3]);
  assert.deepEqual(shown(flow.take(240, frames(4))), [300, 4]);
  assert.deepEqual(shown(flow.take(490, frames(5))), [400, 5]);
});

test("SoundFlow fills a hole with silence, in front of the first frame, too", () => {
  const flow = new SoundFlow(CODEC);
  assert.deepEqual(shown(flow.take(250, frames(1))), [0, 0xff, 0xff, 1]);
  assert.deepEqual(shown(flow.take(650, frames(2))), [300, 0xff, 0xff, 0xff, 2]);
});

test("SoundFlow keeps up with the picture where no sound comes", () => {
  const flow = new SoundFlow(CODEC);
  assert.deepEqual(shown(flow.keepUp(PATIENCE.shortest)), [0]);
  assert.deepEqual(shown(flow.keepUp(0.45)), [0, 0xff, 0xff]);
  assert.deepEqual(shown(flow.keepUp(0.5)), [200]);
});

test("SoundFlow leaves out what comes too late, and is more patient from then on", () => {
  const flow = new SoundFlow(CODEC);
  flow.keepUp(1);
  assert.deepEqual(shown(flow.take(0, frames(1, 2, 3, 4))), [800]);
  assert.deepEqual(shown(flow.keepUp(1.9)), [800], "sound lags by a second");
  assert.deepEqual(shown(flow.take(700, frames(5, 6))), [800, 5, 6]);
});

test("SoundFlow has no more patience than there is", () => {
  const flow = new SoundFlow(CODEC);
  flow.keepUp(10);
  flow.take(0, frames(1));
  const { samples } = flow.keepUp(10 + PATIENCE.longest);
  assert.ok(samples.length > 0);
});
