import assert from "node:assert/strict";
import { test } from "node:test";
import type { AdpcmFrame } from "../bcmedia/frame.ts";
import type { AudioConfig } from "./commands/talk_ability.ts";
import { READ_TALK_ABILITY } from "./commands/talk_ability.ts";
import { START_TALK } from "./commands/talk_config.ts";
import { TALK_DATA } from "./commands/talk_data.ts";
import { STOP_TALK } from "./commands/talk_stop.ts";
import { Dialogue, resultOf } from "./scripted_camera.ts";
import { MAX_BLOCKS_WAITING } from "./talk_line.ts";

const CONFIG = {
  audioType: "adpcm",
  sampleRate: 16_000,
  samplePrecision: 16,
  samplesPerBlock: 1_024,
  soundTrack: "mono",
};

/** 64 ms. */
const BLOCK: AdpcmFrame = {
  type: "adpcm",
  unknown: 0,
  predictor: 0,
  stepIndex: 0,
  nibbles: new Uint8Array(512),
};
const BLOCK_DURATION = 64;

function withTalk(configs: readonly AudioConfig[] = [{ ...CONFIG, priority: 0 }]): Dialogue {
  const dialogue = Dialogue.loggedIn();
  const { camera } = dialogue;
  camera.answer(READ_TALK_ABILITY, { duplexes: ["FDX"], modes: ["followVideoStream"], configs });
  camera.answer(START_TALK, {});
  camera.answer(STOP_TALK, {});
  return dialogue;
}

function open(dialogue: Dialogue) {
  return dialogue.ask<AudioConfig>((now, done) => dialogue.session.openTalk(now, done));
}

test("BaichuanSession.openTalk() asks for what the camera offers", () => {
  const dialogue = withTalk([
    { ...CONFIG, audioType: "aac" },
    { ...CONFIG, priority: 0 },
  ]);
  const { outcome } = open(dialogue);
  assert.ok(outcome?.type === "done");
  assert.equal(outcome.value.sampleRate, 16_000);
  const [request] = dialogue.camera.asked(START_TALK);
  assert.ok(request !== undefined);
  assert.deepEqual(START_TALK.request.read(request), {
    channel: 0,
    duplex: "FDX",
    mode: "followVideoStream",
    config: CONFIG,
  });
});

test("BaichuanSession.writeTalk() sends blocks no faster than they are heard", () => {
  const dialogue = withTalk();
  open(dialogue);
  const { camera, session } = dialogue;
  for (let i = 0; i < 10; i++) assert.ok(session.writeTalk(dialogue.now, BLOCK));
  for (let sent = 1; sent <= 10; sent++) {
    dialogue.settle();
    assert.equal(camera.asked(TALK_DATA).length, sent);
    dialogue.pass(BLOCK_DURATION - 1);
    assert.equal(camera.asked(TALK_DATA).length, sent);
    dialogue.pass(1);
  }
  const [first, second] = camera.asked(TALK_DATA);
  assert.ok(first !== undefined && second !== undefined);
  const { channel, media } = TALK_DATA.request.read(first);
  assert.deepEqual([channel, media.byteLength], [0, 8 + 8 + 512]);
  assert.deepEqual(first.extension, { binary: true, channel: 0 });
  assert.equal(first.header.num, second.header.num);
});

test("BaichuanSession.writeTalk() takes a limited number of blocks, then tells when there is room", () => {
  const dialogue = withTalk();
  open(dialogue);
  const { session } = dialogue;
  let taken = 0;
  while (session.writeTalk(dialogue.now, BLOCK)) taken++;
  assert.equal(taken, 1 + MAX_BLOCKS_WAITING, "one left at once");
  dialogue.pass(BLOCK_DURATION);
  assert.equal(dialogue.event("talkWritable"), undefined);
  dialogue.pass(MAX_BLOCKS_WAITING / 2 * BLOCK_DURATION);
  assert.equal(dialogue.events.filter(({ type }) => type === "talkWritable").length, 1);
  assert.ok(session.writeTalk(dialogue.now, BLOCK));
});

test("BaichuanSession.writeTalk() does not catch up after a pause", () => {
  const dialogue = withTalk();
  open(dialogue);
  const { camera, session } = dialogue;
  session.writeTalk(dialogue.now, BLOCK);
  dialogue.pass(5_000);
  for (let i = 0; i < 5; i++) session.writeTalk(dialogue.now, BLOCK);
  dialogue.settle();
  assert.equal(camera.asked(TALK_DATA).length, 2);
});

test("BaichuanSession.endTalk() lets everything be heard first", () => {
  const dialogue = withTalk();
  open(dialogue);
  const { camera, session } = dialogue;
  for (let i = 0; i < 3; i++) session.writeTalk(dialogue.now, BLOCK);
  const ended = dialogue.ask((now, done) => session.endTalk(now, done));
  dialogue.pass(3 * BLOCK_DURATION + 99);
  assert.equal(camera.asked(TALK_DATA).length, 3);
  assert.equal(camera.asked(STOP_TALK).length, 0);
  dialogue.pass(1);
  assert.equal(resultOf(ended), "done");
  assert.equal(camera.asked(STOP_TALK).length, 1);
  assert.equal(resultOf(open(dialogue)), "done", "another talk");
});

test("BaichuanSession.endTalk() does not mind being refused", () => {
  const dialogue = withTalk();
  open(dialogue);
  dialogue.camera.answer(STOP_TALK, { code: 422 });
  const ended = dialogue.ask((now, done) => dialogue.session.endTalk(now, done));
  dialogue.pass(1_000);
  assert.equal(resultOf(ended), "done");
});

test("BaichuanSession.openTalk() takes the loudspeaker away from others, twice", () => {
  const dialogue = withTalk();
  const { camera } = dialogue;
  let busy = 2;
  camera.scripts.set(START_TALK.id, (request) => camera.reply(request, busy-- > 0 ? 422 : 200));
  assert.equal(resultOf(open(dialogue)), "done");
  assert.equal(camera.asked(STOP_TALK).length, 2);
  const other = withTalk();
  other.camera.answer(START_TALK, { code: 422 });
  const { outcome } = open(other);
  assert.ok(outcome?.type === "failed");
  assert.equal(outcome.code, 422);
  assert.equal(other.camera.asked(START_TALK).length, 3);
});

test("BaichuanSession.openTalk() fails with cameras that cannot, and while one talk goes on", () => {
  const deaf = withTalk([]);
  assert.equal(resultOf(open(deaf)), "garbled");
  const refusing = withTalk();
  refusing.camera.answer(READ_TALK_ABILITY, { code: 500 });
  assert.equal(resultOf(open(refusing)), "refused");
  const talking = withTalk();
  open(talking);
  assert.equal(resultOf(open(talking)), "busy");
});

test("BaichuanSession.writeTalk() throws where nobody opened the line", () => {
  const { session, now } = withTalk();
  assert.throws(() => session.writeTalk(now, BLOCK), RangeError);
});

test("BaichuanSession.close() cuts a talk off, whatever it has come to", () => {
  const talking = withTalk();
  open(talking);
  for (let i = 0; i < 9; i++) talking.session.writeTalk(talking.now, BLOCK);
  const ended = talking.ask((now, done) => talking.session.endTalk(now, done));
  talking.session.close(talking.now);
  talking.settle();
  assert.equal(talking.camera.asked(STOP_TALK).length, 1);
  assert.equal(resultOf(ended), "done");
  const opening = withTalk();
  opening.camera.scripts.set(START_TALK.id, () => {});
  const asked = open(opening);
  opening.session.close(opening.now);
  opening.settle();
  assert.equal(resultOf(asked), "closed");
  assert.equal(opening.camera.asked(STOP_TALK).length, 1);
});
