import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeSource } from "../../../tests/support/fake_source.ts";
import { pitchOf, tone } from "../../../tests/support/tone.ts";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { silentLog } from "../../log/log.ts";
import type { Duration } from "../../machine.ts";
import type { Talker } from "../../media/source.ts";
import type { Camera, TalkLine } from "../camera.ts";
import { LinkError } from "../link/link_error.ts";
import { TALK_LIMITS, Talkback } from "./talkback.ts";

/** 20 ms. */
const PIECE = 160;

/** A camera with a loudspeaker of 16 kHz, its lines, and those who talk to it. */
class TalkWorld {
  readonly clock = new VirtualClock();
  readonly lines: FakeLine[] = [];
  readonly bugs: unknown[] = [];
  refused = 0;
  refuses = false;
  canTalk: Promise<boolean> | undefined = Promise.resolve(true);
  readonly talkback: Talkback;

  constructor() {
    const camera: Pick<Camera, "canTalk" | "talk"> = {
      canTalk: () => this.canTalk ?? new Promise(() => {}),
      talk: () => this.#open(),
    };
    this.talkback = new Talkback({
      clock: this.clock,
      log: silentLog,
      // It is asked for nothing else.
      camera: () => camera as Camera,
      onBug: (error) => this.bugs.push(error),
    });
  }

  /** Says a tone at the pace of speech. */
  async speak(talker: Talker, duration: Duration): Promise<void> {
    for (let passed = 0; passed < duration; passed += 20) {
      talker.say(tone(1_000, 8_000, PIECE, 8 * passed));
      await this.pass(20);
    }
  }

  async pass(duration: Duration): Promise<void> {
    for (let passed = 0; passed < duration; passed += 20) {
      await settled();
      this.clock.pass(20);
    }
    await settled();
  }

  #open(): Promise<TalkLine> {
    if (this.refuses) {
      this.refused += 1;
      const detail = "the camera is busy";
      return Promise.reject(new LinkError({ reason: "peer", stage: "talk", detail, advice: "" }));
    }
    const line = new FakeLine(this.clock);
    this.lines.push(line);
    return Promise.resolve(line);
  }
}

class FakeLine implements TalkLine {
  readonly sampleRate = 16_000;
  readonly blockLength = 1_024;
  readonly blocks: { readonly at: number; readonly samples: Int16Array }[] = [];
  hasEnded = false;
  isBroken = false;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get samples(): Int16Array {
    return Int16Array.from(this.blocks.flatMap(({ samples }) => [...samples]));
  }

  write(block: Int16Array): Promise<void> {
    if (this.isBroken) {
      const detail = "the talk is over";
      return Promise.reject(new LinkError({ reason: "peer", stage: "talk", detail, advice: "" }));
    }
    this.blocks.push({ at: this.#clock.now(), samples: block.slice() });
    return Promise.resolve();
  }

  end(): Promise<void> {
    this.hasEnded = true;
    return Promise.resolve();
  }
}

test("Talkback plays what is said as it is said, then ends the line", async () => {
  const world = new TalkWorld();
  const talker = world.talkback.talker();
  assert.ok(!world.talkback.isBusy);
  await world.speak(talker, 2_000);
  assert.ok(world.talkback.isBusy);
  talker.end();
  await world.pass(200);
  const [line] = world.lines;
  assert.ok(line?.hasEnded && !world.talkback.isBusy);
  // 32,000 samples, and silence up to the end of a block.
  assert.equal(line.blocks.length, 32);
  assert.equal(pitchOf(line.samples.subarray(0, 16_000), 16_000), 1_000);
  assert.deepEqual([world.clock.timers, world.bugs], [0, []]);
});

test("Talkback ends a talk after two seconds of silence, and begins another with the next word", async () => {
  const world = new TalkWorld();
  const talker = world.talkback.talker();
  await world.speak(talker, 200);
  await world.pass(TALK_LIMITS.silence - 100);
  assert.ok(world.talkback.isBusy);
  await world.pass(200);
  assert.ok(!world.talkback.isBusy && world.lines[0]?.hasEnded);
  await world.speak(talker, 200);
  assert.equal(world.lines.length, 2);
  talker.end();
  await world.pass(200);
  assert.ok(world.lines[1]?.hasEnded);
});

test("Talkback drops the oldest of what is more than half a second behind, and counts it", async () => {
  const world = new TalkWorld();
  const talker = world.talkback.talker();
  talker.say(new Int16Array(8_000).fill(1_000));
  talker.say(new Int16Array(3_000).fill(-1_000));
  await world.pass(1_000);
  talker.end();
  await world.pass(200);
  const heard = world.lines[0]?.samples ?? new Int16Array();
  assert.equal(heard.filter((sample) => sample < -500).length >= 5_990, true);
  assert.ok(heard.length <= 16 * (TALK_LIMITS.waiting + 64), `${heard.length} samples`);
});

test("Talkback gives the camera sound no faster than it is heard", async () => {
  const world = new TalkWorld();
  const talker = world.talkback.talker();
  talker.say(new Int16Array(4_000));
  await world.pass(1_000);
  const times = world.lines[0]?.blocks.map(({ at }) => at - 5_000) ?? [];
  assert.equal(times.length, 7);
  for (const [i, at] of times.entries()) assert.ok(at >= 64 * i - TALK_LIMITS.lead, `${times}`);
  talker.end();
  await world.pass(200);
});

test("Talkback lets one talk at a time, and the next when that one is silent", async () => {
  const world = new TalkWorld();
  const [first, second] = [world.talkback.talker(), world.talkback.talker()];
  await world.speak(first, 200);
  await world.speak(second, 200);
  assert.equal(world.lines.length, 1);
  first.end();
  await world.pass(500);
  await world.speak(second, 200);
  second.end();
  await world.pass(500);
  assert.deepEqual(world.lines.map(({ blocks }) => blocks.length), [4, 4]);
});

test("Talkback asks a camera that refuses again every five seconds, while somebody talks", async () => {
  const world = new TalkWorld();
  world.refuses = true;
  const talker = world.talkback.talker();
  await world.speak(talker, 4_900);
  assert.equal(world.refused, 1);
  await world.speak(talker, 5_000);
  assert.equal(world.refused, 2);
  world.refuses = false;
  await world.speak(talker, 5_500);
  assert.equal(world.lines.length, 1);
  const [line] = world.lines;
  assert.ok(line !== undefined && line.blocks.length > 3);
  line.isBroken = true;
  await world.speak(talker, 5_500);
  assert.equal(world.lines.length, 2);
  talker.end();
  await world.pass(500);
  assert.deepEqual([world.clock.timers, world.talkback.isBusy], [0, false]);
});

test("Talkback stands beside a source where the camera has a loudspeaker", async () => {
  const world = new TalkWorld();
  const original = new FakeSource();
  const source = world.talkback.beside(original);
  assert.equal(source.tracks, original.tracks);
  const { signal } = new AbortController();
  assert.equal(await source.loudspeaker?.(signal), world.talkback);
  world.canTalk = Promise.resolve(false);
  assert.equal(await source.loudspeaker?.(signal), undefined);
  world.canTalk = undefined;
  const asked = source.loudspeaker?.(signal);
  await world.pass(TALK_LIMITS.answer);
  assert.equal(await asked, undefined);
  assert.equal(world.clock.timers, 0);
});
