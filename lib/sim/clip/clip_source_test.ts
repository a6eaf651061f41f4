import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { CloseReason } from "../../machine.ts";
import type { SourceReader } from "../../media/source.ts";
import type { AccessUnit } from "../../media/track.ts";
import { loadClip } from "./clip.ts";
import { ClipSource } from "./clip_source.ts";

const CLIP = loadClip();

class Collector implements SourceReader {
  readonly units: AccessUnit[] = [];
  ended: CloseReason | undefined;

  onUnit(unit: AccessUnit): void {
    this.units.push(unit);
  }

  onEnd(reason: CloseReason): void {
    this.ended = reason;
  }

  timestamps(trackId: number): number[] {
    return this.units.filter((unit) => unit.trackId === trackId).map(({ timestamp }) => timestamp);
  }
}

function start() {
  const clock = new VirtualClock();
  return { clock, source: new ClipSource(clock, CLIP), reader: new Collector() };
}

test("ClipSource plays each unit when it is due, round after round, without a seam", () => {
  const { clock, source, reader } = start();
  source.read(reader);
  clock.pass(40_000);
  assert.deepEqual(reader.timestamps(0), Array.from({ length: 1001 }, (_, i) => 3600 * i));
  assert.deepEqual(reader.timestamps(1), Array.from({ length: 626 }, (_, i) => 1024 * i));
});

test("ClipSource repeats the clip's own pictures", () => {
  const { clock, source, reader } = start();
  source.read(reader);
  clock.pass(31_999);
  const half = CLIP.units.length;
  assert.equal(reader.units.length, 2 * half);
  assert.ok(reader.units.slice(half).every(({ parts }, i) => parts === CLIP.units[i]?.unit.parts));
});

test("ClipSource does not drift, even when its timers are late", () => {
  const { clock, source, reader } = start();
  source.read(reader);
  for (let i = 0; i < 2_000; i++) clock.jump(17.3);
  const last = reader.timestamps(0).at(-1) ?? 0;
  assert.ok(last / 90 <= 34_600 && last / 90 > 34_600 - 40);
  assert.deepEqual(reader.timestamps(0), reader.timestamps(0).map((_, i) => 3600 * i));
});

test("ClipSource hands the current group of pictures to a new reader at once", () => {
  const { clock, source, reader } = start();
  const late = new Collector();
  source.read(reader);
  clock.pass(20_500);
  source.read(late);
  assert.ok(late.units[0]?.keyframe && late.units[0].trackId === 0);
  const expected = Array.from({ length: 13 }, (_, i) => 90_000 * 20 + 3600 * i);
  assert.deepEqual(late.timestamps(0), expected);
  clock.pass(1_000);
  assert.deepEqual(late.units, reader.units.slice(-late.units.length));
});

test("ClipSource sets no timer while nobody reads, and is on time for the next reader", () => {
  const { clock, source, reader } = start();
  assert.equal(clock.timers, 0);
  const stop = source.read(reader);
  assert.deepEqual([clock.timers, source.readers], [1, 1]);
  stop();
  stop();
  assert.deepEqual([clock.timers, source.readers], [0, 0]);
  clock.pass(3_600_000);
  const late = new Collector();
  source.read(late);
  assert.equal(late.timestamps(0)[0], 90_000 * 3_600);
  assert.equal(late.units.length, 2);
});

test("ClipSource goes on with the present after the machine slept, on a key frame", () => {
  const { clock, source, reader } = start();
  source.read(reader);
  clock.pass(100);
  const before = reader.units.length;
  clock.jump(3_600_500);
  const next = reader.units[before];
  assert.ok(next?.keyframe && next.trackId === 0);
  assert.equal(next.timestamp, 90_000 * 3_600);
  assert.ok(reader.units.length - before < 50);
});

test("ClipSource makes up for a short delay without leaving anything out", () => {
  const { clock, source, reader } = start();
  source.read(reader);
  clock.jump(3_000);
  assert.equal(reader.timestamps(0).length, 76);
});

test("ClipSource ends its readers when it is closed", () => {
  const { clock, source, reader } = start();
  source.read(reader);
  source.close();
  assert.equal(reader.ended, "local");
  assert.equal(clock.timers, 0);
});
