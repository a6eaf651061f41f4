import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FakePull,
  PULL_AUDIO as AUDIO,
  PULL_LOST as LOST,
  PULL_VIDEO as VIDEO,
} from "../../../tests/support/fake_pull.ts";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { CloseReason } from "../../machine.ts";
import type { Source } from "../../media/source.ts";
import type { Track } from "../../media/track.ts";
import { Rng } from "../../sim/rng.ts";
import { BudgetError, LinkError } from "../link/link_error.ts";
import { MediaPath, type MediaPathEvent } from "./media_path.ts";

const OFFLINE: TunnelEnd = { reason: "unreachable", stage: "locate", detail: "off", advice: "" };
const REFUSED: TunnelEnd = { reason: "auth", stage: "open", detail: "refused", advice: "" };

/** A reader that keeps the media time of every unit in seconds. */
class FakeReader {
  readonly times: number[] = [];
  ended: CloseReason | undefined;
  stop: () => void;

  constructor(source: Source) {
    this.stop = source.read({
      onUnit: ({ trackId, timestamp }) => {
        this.times.push(timestamp / (trackId === 0 ? VIDEO.clockRate : AUDIO.clockRate));
      },
      onEnd: (reason) => this.ended = reason,
    });
  }
}

/** Attempts fail or bring tracks as the script says; after its end they bring sound and picture. */
function lab(script: readonly (TunnelEnd | LinkError | readonly Track[])[] = []) {
  const clock = new VirtualClock();
  const pulls: FakePull[] = [];
  const events: MediaPathEvent[] = [];
  let attempts = 0;
  let renewals = 0;
  const path = new MediaPath({
    startPull(onUnit) {
      const fate = script[attempts++] ?? [VIDEO, AUDIO];
      if (fate instanceof LinkError) return Promise.reject(fate);
      if (!Array.isArray(fate)) return Promise.reject(new LinkError(fate as TunnelEnd));
      const pull = new FakePull(fate as readonly Track[], onUnit);
      pulls.push(pull);
      return Promise.resolve(pull);
    },
    renew: () => renewals++,
    clock,
    entropy: new Rng(1).entropy,
    onEvent: (event) => events.push(event),
    onBug: (error) => {
      throw error;
    },
  });
  return {
    clock,
    path,
    pulls,
    events,
    attempts: () => attempts,
    renewals: () => renewals,
    async pass(duration: number) {
      for (let left = duration; left > 0; left -= 250) {
        clock.pass(Math.min(left, 250));
        await settled();
      }
    },
  };
}

test("MediaPath serves any number of readers from one pull", async () => {
  const { path, pulls } = lab();
  const [a, b, c] = await Promise.all([path.find(), path.find(), path.find()]);
  const readers = [a, b, c].map((source) => new FakeReader(source));
  pulls[0]?.unit(0, 100);
  pulls[0]?.unit(0, 100.04, false);
  assert.equal(pulls.length, 1);
  for (const { times } of readers) {
    assert.deepEqual(times.map((t) => t.toFixed(2)), ["0.00", "0.04"]);
  }
});

test("MediaPath hands a new reader the current group of pictures, sound included", async () => {
  const { path, pulls } = lab();
  const source = await path.find();
  const first = new FakeReader(source);
  for (const [track, at, key] of [[0, 0, true], [1, 0.01, true], [0, 0.04, false]] as const) {
    pulls[0]?.unit(track, at, key);
  }
  pulls[0]?.unit(0, 1, true);
  pulls[0]?.unit(1, 1.01, true);
  pulls[0]?.unit(0, 1.04, false);
  const late = new FakeReader(source);
  assert.equal(late.times.length, 3);
  assert.deepEqual(late.times, first.times.slice(3));
});

test("MediaPath lets the pull go a while after the last reader, and pulls again when asked", async () => {
  const { path, pulls, pass } = lab();
  const reader = new FakeReader(await path.find());
  const beat = setBeat(pulls);
  await beat(pass, 60_000);
  assert.equal(pulls[0]?.closed, false);
  reader.stop();
  await beat(pass, 29_000);
  assert.equal(pulls[0]?.closed, false);
  await beat(pass, 2_000);
  assert.equal(pulls[0]?.closed, true);
  assert.equal(path.state, "idle");
  await path.find();
  assert.equal(pulls.length, 2);
});

test("MediaPath lets the pull go when whoever asked for it never reads", async () => {
  const { path, pulls, pass } = lab();
  await path.find();
  await setBeat(pulls)(pass, 31_000);
  assert.equal(path.state, "idle");
});

test("MediaPath ends a reader who comes when the pull was let go, and serves who asks again", async () => {
  const { path, events, pass } = lab();
  const source = await path.find();
  await pass(31_000);
  const reader = new FakeReader(source);
  assert.equal(reader.ended, "timeout");
  assert.equal(path.readers, 0);
  assert.deepEqual(events.at(-1), { type: "readers", count: 0 });
  assert.equal(new FakeReader(await path.find()).ended, undefined);
});

test("MediaPath replaces a frozen pull, then the tunnel, and its readers stay with time going on", async () => {
  const { path, pulls, events, renewals, pass } = lab();
  const reader = new FakeReader(await path.find());
  pulls[0]?.unit(0, 50);
  pulls[0]?.unit(0, 50.04, false);
  await pass(5_250);
  assert.equal(pulls.length, 2, "pulled again");
  assert.equal(renewals(), 0);
  await pass(5_250);
  assert.equal(pulls.length, 3);
  assert.equal(renewals(), 1, "over a new tunnel");
  pulls[2]?.unit(0, 7);
  pulls[2]?.unit(0, 7.04, false);
  assert.equal(reader.ended, undefined);
  const [, second = 0, third = 0, fourth = 0] = reader.times;
  assert.ok(Math.abs(third - second - 10.5) < 0.3, `a pause of ${third - second} s`);
  assert.ok(Math.abs(fourth - third - 0.04) < 0.001);
  assert.equal(events.filter((event) => event.type === "stalled").length, 2);
});

test("MediaPath keeps time going when the source's clock jumps either way", async () => {
  const { path, pulls, pass } = lab();
  const reader = new FakeReader(await path.find());
  pulls[0]?.unit(0, 1_000);
  await pass(250);
  pulls[0]?.unit(0, 90_000);
  await pass(250);
  pulls[0]?.unit(0, 3);
  const [a = 0, b = 0, c = 0] = reader.times;
  assert.ok(Math.abs(b - a - 0.25) < 0.01 && Math.abs(c - b - 0.25) < 0.01, `${reader.times}`);
});

test("MediaPath keeps readers over a lost pull, and ends them when the stream is another one", async () => {
  const other: Track = { ...VIDEO, sps: Uint8Array.of(0x67, 9, 9, 9) };
  const { path, pulls, pass } = lab([[VIDEO, AUDIO], [VIDEO, AUDIO], [other, AUDIO]]);
  const reader = new FakeReader(await path.find());
  pulls[0]?.unit(0, 1);
  pulls[0]?.end(LOST);
  await pass(2_000);
  assert.equal(pulls.length, 2);
  assert.equal(reader.ended, undefined);
  pulls[1]?.unit(0, 1);
  pulls[1]?.end(LOST);
  await pass(2_000);
  assert.equal(pulls.length, 3);
  assert.equal(reader.ended, "peer");
});

test("MediaPath keeps readers while the camera restarts, and refuses who asks meanwhile", async () => {
  const { path, pulls, pass } = lab([[VIDEO, AUDIO], LOST, ...Array<TunnelEnd>(4).fill(OFFLINE)]);
  const reader = new FakeReader(await path.find());
  pulls[0]?.unit(0, 1);
  pulls[0]?.end(LOST);
  await pass(20_000);
  assert.equal(path.state, "failed");
  await assert.rejects(path.find(), { message: "off" });
  await pass(70_000);
  assert.equal(path.state, "open");
  assert.equal(reader.ended, undefined);
});

test("MediaPath ends readers of a camera that is offline for minutes", async () => {
  const { path, pulls, pass } = lab([[VIDEO, AUDIO], ...Array<TunnelEnd>(50).fill(OFFLINE)]);
  const reader = new FakeReader(await path.find());
  pulls[0]?.unit(0, 1);
  pulls[0]?.end(LOST);
  await pass(115_000);
  assert.equal(reader.ended, undefined);
  await pass(65_000);
  assert.equal(reader.ended, "unreachable");
});

test("MediaPath.find() waits for a camera that comes late, and gives up when viewers would", async () => {
  const { path, pass } = lab([LOST, LOST, [VIDEO]]);
  const found = path.find();
  await pass(6_000);
  assert.equal((await found).tracks.length, 1);
  const never = lab(Array<TunnelEnd>(50).fill(LOST));
  const rejected = assert.rejects(never.path.find(), { name: "LinkError", message: "lost" });
  await never.pass(18_250);
  await rejected;
});

test("MediaPath.find() rejects at once on a refused password, and does not try again", async () => {
  const { path, attempts, pass } = lab([REFUSED]);
  await assert.rejects(path.find(), { name: "LinkError", message: "refused" });
  await pass(120_000);
  assert.equal(attempts(), 1);
});

test("MediaPath.stream has the latest key frame, with its time, also after the pull is gone", async () => {
  const { path, pulls, pass, clock } = lab();
  await path.find();
  pulls[0]?.unit(0, 1);
  const at = clock.now();
  pulls[0]?.unit(0, 1.04, false);
  await pass(60_000);
  assert.equal(path.state, "idle");
  assert.equal(path.stream?.keyframe?.at, at);
});

test("MediaPath.hold() pulls without readers, and pulls again whatever ended it", async () => {
  const { path, pulls, attempts, pass } = lab([OFFLINE, LOST, [VIDEO], OFFLINE]);
  const release = path.hold();
  await pass(6_000);
  assert.equal(attempts(), 3, "an offline camera, too, is tried again");
  assert.equal(path.state, "open");
  pulls[0]?.end(LOST);
  await pass(20_000);
  assert.equal(path.state, "open");
  release();
  release();
  const before = attempts();
  await pass(60_000);
  assert.equal(path.state, "idle");
  assert.equal(attempts(), before);
});

test("MediaPath.hold() does not try a refused password again, and a spent budget when it may", async () => {
  const refused = lab([REFUSED]);
  refused.path.hold();
  await refused.pass(600_000);
  assert.equal(refused.attempts(), 1);
  const spent = lab([new BudgetError("spent", "", 100_000)]);
  spent.path.hold();
  await assert.rejects(spent.path.find(), BudgetError);
  await spent.pass(99_000);
  assert.equal(spent.attempts(), 1);
  await spent.pass(2_000);
  assert.equal(spent.attempts(), 2);
  assert.equal(spent.path.state, "open");
});

test("MediaPath.rest() ends at once what nobody wants, and nothing else", async () => {
  const { path, pulls } = lab();
  const reader = new FakeReader(await path.find());
  const release = path.hold();
  path.rest();
  release();
  path.rest();
  assert.equal(path.state, "open");
  reader.stop();
  path.rest();
  assert.equal(path.state, "idle");
  assert.equal(pulls[0]?.closed, true);
});

test("MediaPath.rest() waits for who was given the stream and has not begun to read", async () => {
  const { path, pulls, pass } = lab();
  const source = await path.find();
  await pass(4_000);
  path.rest();
  assert.equal(path.state, "open");
  new FakeReader(source).stop();
  path.rest();
  assert.equal(path.state, "idle");
  path.idle = 1_000;
  await path.find();
  for (const at of [4, 8]) {
    await pass(4_000);
    assert.equal(path.state, "open");
    pulls[1]?.unit(0, at);
  }
  await pass(2_500);
  assert.equal(path.state, "idle", "a player that only asks holds nothing");
});

test("MediaPath.picture() waits for a key frame of the present pull", async () => {
  const { path, pulls, pass } = lab();
  const first = path.picture();
  await settled();
  pulls[0]?.unit(1, 0);
  pulls[0]?.unit(0, 0, false);
  pulls[0]?.unit(0, 1, true);
  const { at } = await first;
  assert.equal((await path.picture()).at, at, "it is in hand now");
  path.hold();
  pulls[0]?.end(LOST);
  await settled();
  let second: number | undefined;
  void path.picture().then((keyframe) => second = keyframe.at);
  await pass(2_000);
  assert.equal(second, undefined, "the one of a pull that is gone does not count");
  pulls[1]?.unit(0, 9, true);
  await settled();
  assert.equal(second, at + 2_000);
});

test("MediaPath.picture() rejects when none comes in time, and the pull is let go then", async () => {
  const { path, pulls, pass } = lab([[AUDIO]]);
  const rejected = assert.rejects(path.picture(3_000), /no key frame came in time/);
  await settled();
  for (let second = 0; second < 60; second++) {
    pulls[0]?.unit(1, second);
    await pass(1_000);
  }
  await rejected;
  assert.equal(path.state, "idle");
  const refused = lab([REFUSED]);
  await assert.rejects(refused.path.picture(3_000), /refused/);
});

test("MediaPath.stop() ends readers and waiting, and serves the next who asks", async () => {
  const { path, pulls, clock } = lab([[VIDEO], LOST]);
  const reader = new FakeReader(await path.find());
  pulls[0]?.unit(0, 1);
  await path.stop();
  assert.equal(reader.ended, "local");
  assert.equal(pulls[0]?.closed, true);
  assert.equal(path.state, "idle");
  assert.equal(clock.timers, 0);
  const waiting = assert.rejects(path.find(), /being closed/);
  await settled();
  await path.stop();
  await waiting;
  const again = new FakeReader(await path.find());
  pulls.at(-1)?.unit(0, 1);
  assert.equal(again.times.length, 1);
});

test("MediaPath begins anew for who asks while what was stopped is still ending", async () => {
  const { path, pulls } = lab();
  const early = path.find().catch(() => {});
  const stopped = path.stop();
  const found = path.find();
  await Promise.all([early, stopped]);
  assert.equal((await found).tracks.length, 2);
  assert.deepEqual(pulls.map(({ closed }) => closed), [true, false]);
});

test("MediaPath tells of its readers and counts what they are sent", async () => {
  const { path, pulls, events } = lab();
  const source = await path.find();
  const readers = [new FakeReader(source), new FakeReader(source)];
  pulls[0]?.unit(0, 1);
  readers[0]?.stop();
  readers[0]?.stop();
  await path.stop();
  const counts = events.flatMap((event) => event.type === "readers" ? [event.count] : []);
  assert.deepEqual(counts, [1, 2, 1, 0]);
  assert.equal(path.sent, 2, "a unit of one byte, to each of two");
});

test("MediaPath.stream can be watched without being kept open", async () => {
  const { path, pulls, pass } = lab();
  const reader = new FakeReader(await path.find());
  const { stream } = path;
  assert.ok(stream !== undefined);
  const watcher = new FakeReader({ tracks: stream.tracks, read: (one) => stream.watch(one) });
  pulls[0]?.unit(0, 1);
  assert.deepEqual([reader.times.length, watcher.times.length, path.readers], [1, 1, 1]);
  reader.stop();
  await pass(60_000);
  assert.equal(path.state, "idle");
  assert.equal(watcher.ended, undefined, "it goes on when the stream does");
  await path.close();
  assert.equal(watcher.ended, "local");
});

test("MediaPath.close() ends readers, waiting and timers at any moment", async () => {
  for (const script of [[], [LOST], [REFUSED]] as const) {
    const { path, clock, pulls } = lab(script);
    let reader: FakeReader | undefined;
    const first = path.find().then((source) => reader = new FakeReader(source)).catch(() => {});
    await settled();
    const waiting = path.find().catch(() => undefined);
    await path.close();
    await Promise.all([first, waiting]);
    if (reader !== undefined) assert.equal(reader.ended, "local");
    assert.ok(pulls.every((pull) => pull.closed));
    assert.equal(clock.timers, 0);
    await assert.rejects(path.find(), LinkError);
  }
});

/** Keeps the first pull alive while time passes. */
function setBeat(pulls: readonly FakePull[]) {
  let at = 0;
  return async (pass: (duration: number) => Promise<void>, duration: number) => {
    for (let left = duration; left > 0; left -= 1_000) {
      pulls[0]?.unit(0, at++);
      await pass(Math.min(left, 1_000));
    }
  };
}
