import assert from "node:assert/strict";
import { test } from "node:test";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import type { CloseReason } from "../machine.ts";
import type { Source } from "../media/source.ts";
import type { AccessUnit, Track } from "../media/track.ts";
import { Rng } from "../sim/rng.ts";
import { LinkError } from "./link_error.ts";
import { MediaPath, type MediaPathEvent, type Pull } from "./media_path.ts";

const VIDEO: Track = {
  id: 0,
  kind: "video",
  codec: "H264",
  clockRate: 90_000,
  sps: Uint8Array.of(0x67, 1, 2, 3),
  pps: Uint8Array.of(0x68, 1),
};

const AUDIO: Track = {
  id: 1,
  kind: "audio",
  codec: "MPEG4-GENERIC",
  clockRate: 16_000,
  channels: 1,
  config: Uint8Array.of(0x14, 0x08),
};

const LOST: TunnelEnd = { reason: "timeout", stage: "open", detail: "lost", advice: "" };
const REFUSED: TunnelEnd = { reason: "auth", stage: "open", detail: "refused", advice: "" };

class FakePull implements Pull {
  readonly tracks: readonly Track[];
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  readonly #onUnit: (unit: AccessUnit) => void;
  closed = false;

  constructor(tracks: readonly Track[], onUnit: (unit: AccessUnit) => void) {
    this.tracks = tracks;
    this.#onUnit = onUnit;
  }

  get ended() {
    return this.#ended.promise;
  }

  unit(track: number, seconds: number, keyframe = true): void {
    const timestamp = seconds * (track === 0 ? VIDEO.clockRate : AUDIO.clockRate);
    this.#onUnit({ trackId: track, timestamp, keyframe, parts: [Uint8Array.of(1)] });
  }

  end(end: TunnelEnd): void {
    this.#ended.resolve(end);
  }

  close(): void {
    this.closed = true;
    this.end({ ...LOST, reason: "local" });
  }
}

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

function lab(script: readonly (TunnelEnd | readonly Track[])[] = []) {
  const clock = new VirtualClock();
  const pulls: FakePull[] = [];
  const events: MediaPathEvent[] = [];
  let attempts = 0;
  let renewals = 0;
  const path = new MediaPath({
    startPull(onUnit) {
      const fate = script[attempts++] ?? [VIDEO, AUDIO];
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

test("MediaPath.keyframe is the latest one, with its age, also after the pull is gone", async () => {
  const { path, pulls, pass, clock } = lab();
  await path.find();
  pulls[0]?.unit(0, 1);
  const at = clock.now();
  pulls[0]?.unit(0, 1.04, false);
  await pass(60_000);
  assert.equal(path.state, "idle");
  assert.equal(path.keyframe?.at, at);
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
