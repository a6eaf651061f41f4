import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromHex, toHex } from "../../bytes/bytes.ts";
import { encodeInfo } from "../bcmedia/encode.ts";
import { type BcMessage, NO_PAYLOAD } from "./codec.ts";
import { STREAMS } from "./commands/preview.ts";
import { START_PREVIEW } from "./commands/preview_start.ts";
import { STOP_PREVIEW } from "./commands/preview_stop.ts";
import { SNAPSHOT } from "./commands/snapshot.ts";
import { MAX_RETRIES, REQUEST_TIMEOUT, RETRY_PAUSE } from "./exchange.ts";
import { BC_MAGIC, BC_MAGIC_DEVICE, BcClass, type BcHeader } from "./header.ts";
import { STOP_TIMEOUT } from "./previews.ts";
import { Dialogue, type DialogueOptions, resultOf } from "./scripted_camera.ts";
import { MAX_PICTURE, MAX_SNAPSHOTS_WAITING, PICTURE_TIMEOUT } from "./snapshots.ts";

const TIME = { year: 2024, month: 2, day: 29, hour: 1, minute: 2, second: 3 };
const INFO = encodeInfo({
  type: "info",
  version: 2,
  width: 640,
  height: 360,
  unknown: 0,
  fps: 15,
  start: TIME,
  end: TIME,
});
const FRAME = Uint8Array.from({ length: 5_000 }, (_, i) => i & 0xff);
const JPEG = concatBytes([fromHex("ffd8"), FRAME, fromHex("ffd9")]);

function started(options: DialogueOptions = {}): { dialogue: Dialogue; request: BcMessage } {
  const dialogue = Dialogue.loggedIn(options);
  const { camera } = dialogue;
  camera.scripts.set(START_PREVIEW.id, (request) => camera.media(request, INFO, true));
  camera.answer(STOP_PREVIEW, {});
  const asked = dialogue.ask((now, done) => dialogue.session.startPreview(now, "sub", done));
  assert.equal(resultOf(asked), "done");
  const request = camera.asked(START_PREVIEW).at(-1);
  assert.ok(request !== undefined);
  return { dialogue, request };
}

function mediaOf(dialogue: Dialogue, stream = "sub"): string {
  const parts = dialogue.events.flatMap((event) => {
    return event.type === "media" && event.stream === stream ? [event.bytes] : [];
  });
  return toHex(concatBytes(parts));
}

for (const mode of ["none", "bc", "aes", "fullAes"] as const) {
  test(`BaichuanSession passes a stream on, from the reply to its start, in mode ${mode}`, () => {
    const { dialogue, request } = started({ mode, pieces: 1_330 });
    const { camera } = dialogue;
    assert.deepEqual(START_PREVIEW.request.read(request), {
      channel: 0,
      handle: 256,
      stream: "sub",
    });
    assert.deepEqual([request.header.channel, request.header.stream], [1, 1]);
    for (let i = 0; i < 3; i++) camera.media(request, FRAME);
    dialogue.settle();
    assert.equal(mediaOf(dialogue), toHex(concatBytes([INFO, FRAME, FRAME, FRAME])));
  });
}

test("BaichuanSession hands media on as views on what was received", () => {
  const { dialogue, request } = started({ mode: "bc" });
  const bytes = dialogue.camera.codec.encode({
    header: { ...request.header, code: 200, messageClass: BcClass.reply },
    payload: { type: "binary", bytes: FRAME },
  });
  dialogue.session.receive(dialogue.now, bytes);
  const event = dialogue.session.pollEvent();
  assert.ok(event?.type === "media");
  assert.equal(event.bytes.buffer, bytes.buffer);
});

test("BaichuanSession keeps two streams apart", () => {
  const { dialogue, request: sub } = started();
  const { camera, session } = dialogue;
  dialogue.ask((now, done) => session.startPreview(now, "main", done));
  const main = camera.asked(START_PREVIEW).at(-1);
  assert.ok(main !== undefined);
  assert.notEqual(main.header.num, sub.header.num);
  camera.media(main, FRAME.subarray(0, 10));
  camera.media(sub, FRAME.subarray(10, 20));
  camera.media(main, FRAME.subarray(20, 30));
  dialogue.settle();
  assert.equal(mediaOf(dialogue), toHex(INFO) + toHex(FRAME.subarray(10, 20)));
  const first = FRAME.subarray(0, 10);
  assert.equal(
    mediaOf(dialogue, "main"),
    toHex(concatBytes([INFO, first, FRAME.subarray(20, 30)])),
  );
});

test("BaichuanSession takes media that is not said to be binary", () => {
  const dialogue = Dialogue.loggedIn({ mode: "bc" });
  const { camera, session } = dialogue;
  camera.answer(START_PREVIEW, {});
  dialogue.ask((now, done) => session.startPreview(now, "sub", done));
  const [request] = camera.asked(START_PREVIEW);
  assert.ok(request !== undefined);
  camera.reply(request, 200, { payload: { type: "binary", bytes: INFO } });
  dialogue.settle();
  assert.equal(mediaOf(dialogue), toHex(INFO));
});

test("BaichuanSession waits for a stream of a camera just woken", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  camera.answer(START_PREVIEW, { code: 400 });
  const asked = dialogue.ask((now, done) => session.startPreview(now, "main", done));
  dialogue.pass(RETRY_PAUSE / 2);
  camera.scripts.set(START_PREVIEW.id, (request) => camera.media(request, INFO, true));
  dialogue.pass(RETRY_PAUSE);
  assert.equal(resultOf(asked), "done");
  assert.equal(mediaOf(dialogue, "main"), toHex(INFO));
});

test("BaichuanSession does not wait for a stream that the camera does not list", () => {
  const resolution = { width: 640, height: 360 };
  const streams = [{ channelBits: 1, tables: [{ type: STREAMS.sub.type, resolution }] }];
  const dialogue = Dialogue.loggedIn({ login: { device: {}, streams } });
  const { camera, session } = dialogue;
  camera.answer(START_PREVIEW, { code: 400 });
  const extern = dialogue.ask((now, done) => session.startPreview(now, "extern", done));
  assert.equal(resultOf(extern), "refused");
  const sub = dialogue.ask((now, done) => session.startPreview(now, "sub", done));
  assert.equal(sub.outcome, undefined);
  dialogue.pass(MAX_RETRIES * RETRY_PAUSE);
  assert.equal(resultOf(sub), "refused");
});

test("BaichuanSession.startPreview() refuses a kind that is shown or being stopped", () => {
  const { dialogue } = started();
  const { camera, session } = dialogue;
  const start = () => dialogue.ask((now, done) => session.startPreview(now, "sub", done));
  assert.equal(resultOf(start()), "busy");
  camera.scripts.set(STOP_PREVIEW.id, () => {});
  dialogue.ask((now, done) => session.stopPreview(now, "sub", done));
  assert.equal(resultOf(start()), "busy");
  dialogue.pass(STOP_TIMEOUT);
  assert.equal(resultOf(start()), "done");
});

test("BaichuanSession.stopPreview() stops by the same handle, and nothing comes any more", () => {
  const { dialogue, request } = started();
  const { camera, session } = dialogue;
  camera.scripts.set(STOP_PREVIEW.id, (stop) => {
    camera.media(request, FRAME);
    camera.reply(stop, 200);
    camera.media(request, FRAME);
  });
  const asked = dialogue.ask((now, done) => session.stopPreview(now, "sub", done));
  assert.equal(resultOf(asked), "done");
  const [stop] = camera.asked(STOP_PREVIEW);
  assert.ok(stop !== undefined);
  assert.deepEqual(STOP_PREVIEW.request.read(stop), { channel: 0, handle: 256 });
  assert.deepEqual([stop.header.channel, stop.header.stream], [1, 1]);
  assert.equal(mediaOf(dialogue), toHex(INFO));
  assert.equal(session.counters.strayMessages, 1);
  const again = dialogue.ask((now, done) => session.stopPreview(now, "sub", done));
  assert.equal(resultOf(again), "done");
});

test("BaichuanSession.stopPreview() calls off a start that is still waiting", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  camera.answer(START_PREVIEW, { code: 400 });
  camera.answer(STOP_PREVIEW, {});
  const start = dialogue.ask((now, done) => session.startPreview(now, "main", done));
  dialogue.ask((now, done) => session.stopPreview(now, "main", done));
  assert.equal(resultOf(start), "closed");
  dialogue.pass(10 * RETRY_PAUSE);
  assert.equal(camera.asked(START_PREVIEW).length, 1);
  assert.equal(camera.asked(STOP_PREVIEW).length, 1);
});

test("BaichuanSession stops a stream whose start was never answered", () => {
  const dialogue = Dialogue.loggedIn();
  const { camera, session } = dialogue;
  const asked = dialogue.ask((now, done) => session.startPreview(now, "main", done));
  dialogue.pass(REQUEST_TIMEOUT);
  assert.equal(resultOf(asked), "silent");
  assert.equal(camera.asked(STOP_PREVIEW).length, 1);
});

test("BaichuanSession tells when the camera ends a stream", () => {
  const { dialogue, request } = started();
  dialogue.camera.reply(request, 500);
  dialogue.settle();
  assert.deepEqual(dialogue.event("previewEnded"), {
    type: "previewEnded",
    stream: "sub",
    code: 500,
  });
});

/** A camera that takes a picture: its parts, and whether the last says so. */
function shooting(
  parts: readonly Uint8Array[],
  options: { size?: number | undefined; isLast?: boolean; magic?: BcHeader["magic"] } = {},
): Dialogue {
  const { size = JPEG.byteLength, isLast = true } = options;
  const dialogue = Dialogue.loggedIn();
  const { camera } = dialogue;
  camera.scripts.set(SNAPSHOT.id, (request) => {
    const hasSize = !("size" in options) || options.size !== undefined;
    const reply = hasSize ? { channel: 0, size } : { channel: 0 };
    camera.reply(request, 200, SNAPSHOT.reply.write(reply));
    for (const [index, bytes] of parts.entries()) {
      const code = isLast && index === parts.length - 1 ? 201 : 200;
      const { magic = BC_MAGIC } = options;
      const header = { ...request.header, magic, num: 4_000, code, messageClass: BcClass.reply };
      const payload = bytes.byteLength === 0 ? NO_PAYLOAD : { type: "binary", bytes } as const;
      camera.send({ header, extension: { binary: true }, payload });
    }
  });
  return dialogue;
}

function shoot(dialogue: Dialogue) {
  return dialogue.ask<Uint8Array>((now, done) => dialogue.session.snapshot(now, "main", done));
}

const HALVES = [JPEG.subarray(0, 2_500), JPEG.subarray(2_500)];
const NOTHING = new Uint8Array(0);

const PICTURES = [
  { name: "in one part", parts: [JPEG] },
  { name: "in parts", parts: HALVES },
  { name: "with an empty last part", parts: [...HALVES, NOTHING] },
  { name: "that ends with its size", parts: HALVES, isLast: false },
  { name: "of unknown size that ends as JPEGs do", parts: HALVES, size: undefined, isLast: false },
  { name: "of size 0, which is none", parts: HALVES, size: 0 },
  { name: "of unknown size", parts: HALVES, size: undefined },
  { name: "of a device's own magic", parts: HALVES, magic: BC_MAGIC_DEVICE },
  { name: "with more behind it", parts: [...HALVES, FRAME], size: JPEG.byteLength },
] as const;

for (const { name, parts, ...options } of PICTURES) {
  test(`BaichuanSession.snapshot() takes a picture ${name}`, () => {
    const { outcome } = shoot(shooting(parts, options));
    assert.ok(outcome?.type === "done");
    assert.equal(toHex(outcome.value), toHex(JPEG));
  });
}

const BAD_PICTURES = [
  { name: "is none", parts: [FRAME] },
  { name: "was cut short", parts: [JPEG.subarray(0, 2_500)] },
  { name: "is said to be too large", parts: [], size: MAX_PICTURE + 1 },
] as const;

for (const { name, parts, ...options } of BAD_PICTURES) {
  test(`BaichuanSession.snapshot() refuses a picture that ${name}`, () => {
    assert.equal(resultOf(shoot(shooting(parts, options))), "garbled");
  });
}

test("BaichuanSession.snapshot() refuses a picture that turns out too large", () => {
  const part = new Uint8Array(4 << 20);
  const dialogue = shooting([part, part, Uint8Array.of(0)], { size: undefined });
  assert.equal(resultOf(shoot(dialogue)), "garbled");
});

test("BaichuanSession.snapshot() gives up on a camera that goes silent in between", () => {
  const dialogue = shooting([JPEG.subarray(0, 2_500)], { isLast: false });
  const asked = shoot(dialogue);
  dialogue.pass(PICTURE_TIMEOUT - 1);
  assert.equal(asked.outcome, undefined);
  dialogue.pass(1);
  assert.equal(resultOf(asked), "silent");
});

test("BaichuanSession.snapshot() takes one picture after the other, and lets a limited number wait", () => {
  const dialogue = shooting(HALVES, { isLast: false });
  const asked = Array.from({ length: MAX_SNAPSHOTS_WAITING + 1 }, () => shoot(dialogue));
  assert.equal(resultOf(shoot(dialogue)), "busy");
  assert.equal(dialogue.camera.asked(SNAPSHOT).length, 1, "until nothing of it can come any more");
  dialogue.pass(10_000);
  assert.ok(asked.every((one) => resultOf(one) === "done"));
});

test("BaichuanSession.snapshot() does not take the end of one picture for that of the next", () => {
  const dialogue = shooting(HALVES, { isLast: false });
  const first = shoot(dialogue);
  assert.equal(resultOf(first), "done");
  const second = shoot(dialogue);
  assert.equal(second.outcome, undefined);
  const { camera } = dialogue;
  const request = camera.asked(SNAPSHOT)[0];
  assert.ok(request !== undefined);
  const num = 4_000;
  camera.reply({ ...request, header: { ...request.header, num } }, 201);
  dialogue.settle();
  assert.equal(resultOf(second), "done");
  assert.equal(camera.asked(SNAPSHOT).length, 2);
});

test("BaichuanSession.snapshot() is refused by cameras that take none, and goes on", () => {
  const dialogue = Dialogue.loggedIn();
  dialogue.camera.answer(SNAPSHOT, { code: 500 });
  assert.equal(resultOf(shoot(dialogue)), "refused");
  assert.equal(resultOf(shoot(dialogue)), "refused");
});
