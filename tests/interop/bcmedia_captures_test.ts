/** Media of real cameras, where somebody has put captures beside the project. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { concatBytes, toHex } from "../../lib/bytes/bytes.ts";
import { splitAdts } from "../../lib/media/adts.ts";
import { splitAnnexB } from "../../lib/media/annex_b.ts";
import { decodeAdpcm } from "../../lib/media/ima_adpcm.ts";
import { encodeFrame } from "../../lib/reolink/bcmedia/encode.ts";
import {
  type BcMediaFrame,
  paddingOf,
  posixTimeOf,
  type VideoFrame,
} from "../../lib/reolink/bcmedia/frame.ts";
import { type BcMediaGap, BcMediaReader } from "../../lib/reolink/bcmedia/reader.ts";
import { type PreviewEvent, PreviewSource } from "../../lib/reolink/source.ts";
import { missing, run } from "./players.ts";

const FOLDER = new URL("../../../shared/fixtures/reolink/bcmedia/", import.meta.url);

const absent = existsSync(FOLDER) ? false : "there are no captures";

function captureTest(name: string, play: () => void | Promise<void>, skip = absent): void {
  test(skip ? `${name}, skipped as ${skip}` : name, { skip: skip !== false }, play);
}

/** The pieces of one capture, which were messages. */
function load(name: string, count = 1): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    return new Uint8Array(readFileSync(new URL(`${name}_${i}.raw`, FOLDER)));
  });
}

function read(messages: readonly Uint8Array[]): (BcMediaFrame | BcMediaGap)[] {
  const reader = new BcMediaReader();
  const found: (BcMediaFrame | BcMediaGap)[] = [];
  for (const message of messages) {
    reader.push(message);
    for (let one = reader.next(); one !== undefined; one = reader.next()) found.push(one);
  }
  const kept = reader.release();
  return kept === undefined ? found : [...found, kept];
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What is expected of the captured pictures. */
const PICTURES = [
  {
    name: "iframe",
    files: 5,
    head: { keyframe: true, codec: "H264", microseconds: 3_557_705_112, microsecondsHigh: 3 },
    extraLength: 8,
    posixTime: 1_628_085_232,
    length: 192_881,
    units: [10, 4, 32_206, 47_786, 63_881, 48_973],
    sha256: "29a682d5c747d992279ae052d9bea31ebb0fc1dd4a27dbfa1c9d1a0b539f6d41",
  },
  {
    name: "pframe",
    files: 2,
    head: { keyframe: false, codec: "H264", microseconds: 3_557_767_112, microsecondsHigh: 3 },
    extraLength: 0,
    posixTime: undefined,
    length: 45_108,
    units: [6_190, 11_621, 18_970, 8_314],
    sha256: "5da686ea4f244cff016b06cc185234cee15c56dde9f4765064123011d3db3013",
  },
  {
    name: "argus2_iframe",
    files: 5,
    head: { keyframe: true, codec: "H265", microseconds: 2_855_770_136, microsecondsHigh: 71 },
    extraLength: 16,
    posixTime: 1_638_390_602,
    length: 196_063,
    units: [24, 32, 11, 52_961, 39_285, 47_586, 56_139],
    sha256: "31f83f1139e79b99408945d1f997acccd309c8118c71459c7494b0f6f79b3e61",
  },
  {
    name: "argus2_pframe",
    files: 18,
    head: { keyframe: false, codec: "H265", microseconds: 5_493_358, microsecondsHigh: 0 },
    extraLength: 8,
    posixTime: undefined,
    length: 16_927,
    units: [5_321, 7_911, 3_685],
    sha256: "cc1e23d60477ec5f7fb5263f811eac4643580daebe78f2859d45ab02cd5d60a1",
  },
] as const;

for (const { name, files, head, extraLength, posixTime, length, units, ...more } of PICTURES) {
  captureTest(`BcMediaReader reads the picture in ${name}`, () => {
    const [frame] = read(load(name, files));
    assert.ok(frame?.type === "video");
    const { keyframe, codec, microseconds, microsecondsHigh } = frame;
    assert.deepEqual({ keyframe, codec, microseconds, microsecondsHigh }, head);
    assert.deepEqual([frame.channel, frame.extra.byteLength], [0, extraLength]);
    assert.equal(posixTimeOf(frame), posixTime);
    assert.deepEqual([frame.payload.byteLength, sha256(frame.payload)], [length, more.sha256]);
    assert.deepEqual(splitAnnexB(frame.payload).map(({ byteLength }) => byteLength), units);
  });

  captureTest(`encodeFrame() writes ${name} as the camera did, but for padding`, () => {
    const messages = load(name, files);
    const bytes = concatBytes(messages);
    const [frame] = read(messages);
    assert.ok(frame?.type === "video");
    const encoded = encodeFrame(frame);
    const end = encoded.byteLength - paddingOf(frame.payload.byteLength);
    assert.equal(toHex(encoded.subarray(0, end)), toHex(bytes.subarray(0, end)));
  });
}

captureTest("BcMediaReader reads an info block", () => {
  const time = { year: 2021, month: 8, day: 4, hour: 23, minute: 23, second: 52 };
  const bytes = new Uint8Array(readFileSync(new URL("info_v1.raw", FOLDER)));
  assert.deepEqual(read([bytes]), [{
    type: "info",
    version: 1,
    width: 2_560,
    height: 1_440,
    unknown: 0,
    fps: 30,
    start: time,
    end: time,
  }]);
});

captureTest("BcMediaReader reads the AAC behind a picture", () => {
  const [, aac, ...more] = read(load("argus2_pframe", 18));
  assert.ok(aac?.type === "aac");
  assert.deepEqual([aac.variant, aac.payload.byteLength, more], [0, 519, []]);
  assert.equal(
    sha256(aac.payload),
    "ae57d3f1f4aca61570e3ad87dc20846eed8d5168ae839f9827685d81ad573737",
  );
  const [frame, ...others] = splitAdts(aac.payload);
  assert.deepEqual(
    [frame?.objectType, frame?.sampleRate, frame?.channels, others],
    [2, 16_000, 1, []],
  );
});

captureTest("decodeAdpcm() ends where the camera's next block begins", () => {
  const [first, second, ...more] = read(load("adpcm"));
  assert.ok(first?.type === "adpcm" && second?.type === "adpcm");
  assert.deepEqual(more, []);
  assert.deepEqual([first.predictor, first.stepIndex, first.unknown], [34, 16, 122]);
  assert.deepEqual([first.nibbles.byteLength, second.nibbles.byteLength], [240, 240]);
  const { samples, after } = decodeAdpcm(first, first.nibbles);
  assert.deepEqual([...samples.subarray(0, 8)], [55, 45, 48, 39, 21, 23, 57, 72]);
  assert.deepEqual(after, { predictor: second.predictor, stepIndex: second.stepIndex });
  assert.deepEqual(after, { predictor: -96, stepIndex: 19 });
});

/** All captures as one stream, and its frames. */
function everything(): { bytes: Uint8Array; frames: BcMediaFrame[] } {
  const messages = [
    ...[...load("iframe", 5), ...load("pframe", 2), ...load("adpcm")],
    ...[...load("argus2_iframe", 5), ...load("argus2_pframe", 18)],
  ];
  const frames = read(messages).filter((one) => one.type !== "gap");
  assert.equal(frames.length, 7);
  return { bytes: concatBytes(messages), frames };
}

captureTest("BcMediaReader reads captured frames however they are cut into messages", () => {
  const { bytes, frames } = everything();
  const keys = frames.map(keyOf);
  for (const length of [1, 7, 999, 1_330, 40_000, bytes.byteLength]) {
    const messages = Array.from(
      { length: Math.ceil(bytes.byteLength / length) },
      (_, i) => bytes.subarray(i * length, (i + 1) * length),
    );
    assert.deepEqual(read(messages).map(keyOf), keys, `messages of ${length}`);
  }
});

captureTest("BcMediaReader makes no wrong frame of captures with garbage in between", () => {
  const { bytes, frames } = everything();
  const keys = frames.map(keyOf);
  // Near the ends of frames, and here and there inside them.
  const ends = frames.map((_, i) => {
    return frames.slice(0, i + 1).reduce((sum, frame) => sum + encodeFrame(frame).byteLength, 0);
  });
  const near = ends.flatMap((end) => Array.from({ length: 60 }, (_, i) => end - 30 + i));
  const cuts = [...near, ...Array.from({ length: 40 }, (_, i) => 11_003 * i)];
  for (const cut of cuts.filter((at) => at < bytes.byteLength)) {
    const garbage = Uint8Array.from({ length: 1 + cut % 37 }, (_, i) => 0x80 | (cut + 13 * i));
    const found = read([bytes.subarray(0, cut), garbage, bytes.subarray(cut), bytes]);
    const known = found.map(keyOf);
    assert.deepEqual(known.slice(-keys.length), keys, `cut at ${cut}`);
    assert.ok(known.every((key) => key === "gap" || keys.includes(key)), `cut at ${cut}`);
  }
});

function keyOf(one: BcMediaFrame | BcMediaGap): string {
  if (one.type === "gap" || one.type === "info") return one.type;
  return `${one.type} ${sha256(one.type === "adpcm" ? one.nibbles : one.payload)}`;
}

/** What ffmpeg decodes of a byte stream: width and height of each picture. */
async function decode(format: string, stdin: Uint8Array): Promise<string[]> {
  const { code, stdout, stderr } = await run("ffprobe", [
    ...["-v", "error", "-f", format, "-show_frames", "-of", "csv=p=0"],
    ...["-show_entries", "frame=pict_type,width,height", "-"],
  ], { stdin });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.trim().split("\n").map((line) => line.replace(/,+$/, ""));
}

function pullUnits(frames: readonly VideoFrame[]): Uint8Array {
  const source = new PreviewSource({ sound: "none" });
  frames.forEach((frame, i) => source.handleMessage(60 * i, encodeFrame(frame)));
  source.handleTimeout(10_000);
  const events: PreviewEvent[] = [];
  for (let event = source.pollEvent(); event !== undefined; event = source.pollEvent()) {
    events.push(event);
  }
  const parts = events.flatMap((event) => event.type === "unit" ? event.unit.parts : []);
  return concatBytes(parts.flatMap((part) => [Uint8Array.of(0, 0, 1), part]));
}

const noFfprobe = absent || missing("ffprobe", "-version");

captureTest("ffmpeg decodes what PreviewSource makes of captured H.264", async () => {
  const frames = read([...load("iframe", 5), ...load("pframe", 2)])
    .filter((one) => one.type === "video");
  assert.equal(frames.length, 2);
  assert.deepEqual(await decode("h264", pullUnits(frames)), ["2560,1440,I", "2560,1440,P"]);
}, noFfprobe);

captureTest("ffmpeg decodes what PreviewSource makes of captured H.265", async () => {
  const frames = read(load("argus2_iframe", 5)).filter((one) => one.type === "video");
  assert.equal(frames.length, 1);
  assert.match((await decode("hevc", pullUnits(frames))).join(";"), /^\d+,\d+,I$/);
}, noFfprobe);
