import assert from "node:assert/strict";
import { test } from "node:test";
import { frameOf } from "../../../tests/support/bcmedia_frames.ts";
import { settled, VirtualClock } from "../../../tests/support/virtual_clock.ts";
import type { CloseReason, Duration } from "../../machine.ts";
import type { AccessUnit } from "../../media/track.ts";
import { BaichuanError } from "../../reolink/baichuan/baichuan_error.ts";
import type { OnBytes, Preview } from "../../reolink/baichuan/client.ts";
import { encodeFrame } from "../../reolink/bcmedia/encode.ts";
import type { KnownSound } from "../../reolink/source.ts";
import { type Clip, loadClip } from "../../sim/clip/clip.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { LinkError } from "../link/link_error.ts";
import { KEYFRAME_WITHIN, startPreviewPull } from "./preview_pull.ts";

const H264 = loadClip({ video: "h264" });
const H265 = loadClip({ video: "h265" });

const LOST: TunnelEnd = { reason: "timeout", stage: "open", detail: "silence", advice: "" };

/** A camera that is logged in to, and does what a test says. */
class FakeSession {
  readonly clock = new VirtualClock();
  readonly units: AccessUnit[] = [];
  /** Each preview so far; the last one may run. */
  readonly previews: { stopped: boolean; readonly end: (reason: CloseReason) => void }[] = [];
  readonly lost = Promise.withResolvers<TunnelEnd>();
  isOpen = true;
  /** What becomes of the next attempt to start a preview. */
  fate: "ok" | BaichuanError = "ok";
  onBytes: OnBytes = () => {};
  #shown = 0;

  get client() {
    const startPreview = (_kind: string, onBytes: OnBytes) => this.#start(onBytes);
    return { startPreview, isOpen: this.isOpen };
  }

  get ended() {
    return this.lost.promise;
  }

  pull(signal = new AbortController().signal, sound: KnownSound = undefined) {
    return startPreviewPull({
      session: this,
      kind: "main",
      sound,
      clock: this.clock,
      onUnit: (unit) => this.units.push(unit),
      signal,
    });
  }

  /** Shows so much of a clip, as it was made. */
  async show(clip: Clip, duration: Duration, withSound = true): Promise<void> {
    for (const { dueAt, unit } of clip.units) {
      if (dueAt >= duration) break;
      const track = clip.tracks.find(({ id }) => id === unit.trackId);
      if (track === undefined || (track.kind === "audio" && !withSound)) continue;
      this.clock.pass(Math.max(0, this.#shown + dueAt - this.#now));
      this.onBytes(encodeFrame(frameOf(track, unit, 1_000 * (this.#shown + dueAt))));
      await settled();
    }
    this.#shown += duration;
  }

  get #now(): number {
    return this.clock.now() - 5_000;
  }

  #start(onBytes: OnBytes): Promise<Preview> {
    if (this.fate !== "ok") return Promise.reject(this.fate);
    this.onBytes = onBytes;
    const ended = Promise.withResolvers<CloseReason>();
    const running = { stopped: false, end: ended.resolve };
    this.previews.push(running);
    return Promise.resolve({
      ended: ended.promise,
      stop: () => {
        running.stopped = true;
        this.onBytes = () => {};
        ended.resolve("local");
        return Promise.resolve();
      },
    });
  }
}

test("startPreviewPull() begins with the first key frame, and stops the preview in the end", async () => {
  const session = new FakeSession();
  const pulling = session.pull();
  await settled();
  await session.show(H264, 1_000);
  const pull = await pulling;
  assert.deepEqual(pull.tracks.map(({ codec }) => codec), ["H264", "MPEG4-GENERIC"]);
  await session.show(H264, 1_000);
  assert.equal(session.units[0]?.keyframe, true);
  assert.ok(session.units.length > 50);
  pull.close();
  assert.equal((await pull.ended).reason, "local");
  assert.equal(session.previews[0]?.stopped, true);
  assert.equal(session.clock.timers, 0);
  assert.equal(typeof pull.sound, "object");
});

test("startPreviewPull() gives up a camera that sends no key frame, and has it stop", async () => {
  const session = new FakeSession();
  const rejected = assert.rejects(session.pull(), { message: /no key frame within 12 s/ });
  await settled();
  session.clock.pass(KEYFRAME_WITHIN);
  await rejected;
  assert.equal(session.previews[0]?.stopped, true);
  assert.equal(session.clock.timers, 0);
});

test("startPreviewPull() is called off at once, whatever the camera does", async () => {
  const session = new FakeSession();
  const controller = new AbortController();
  const pulling = session.pull(controller.signal);
  controller.abort();
  await assert.rejects(pulling, LinkError);
  await settled();
  assert.equal(session.previews[0]?.stopped, true, "also where it begins only then");
  await assert.rejects(session.pull(controller.signal), LinkError);
  assert.equal(session.previews.length, 1);
});

test("startPreviewPull() tells apart a stream that is not there from a camera that does not answer", async () => {
  const session = new FakeSession();
  for (
    const [error, reason] of [
      [{ reason: "refused", code: 400, detail: "no" }, "unreachable"],
      [{ reason: "refused", code: 422, detail: "busy" }, "peer"],
      [{ reason: "silent", detail: "nothing" }, "timeout"],
      [{ reason: "garbled", detail: "what" }, "protocol"],
    ] as const
  ) {
    session.fate = new BaichuanError(error);
    const failure = await session.pull().catch((caught: unknown) => caught);
    assert.ok(failure instanceof LinkError);
    assert.equal(failure.end.reason, reason);
  }
});

test("startPreviewPull() ends with the connection, for the reason that has", async () => {
  const session = new FakeSession();
  const pulling = session.pull();
  await settled();
  await session.show(H264, 1_000);
  const pull = await pulling;
  session.isOpen = false;
  session.previews[0]?.end("timeout");
  session.lost.resolve(LOST);
  assert.equal(await pull.ended, LOST);
  const alone = new FakeSession();
  const second = alone.pull();
  await settled();
  await alone.show(H264, 1_000);
  alone.previews[0]?.end("peer");
  assert.match((await (await second).ended).detail, /camera ended the stream/);
});

test("startPreviewPull() has the camera begin anew where nothing can be read any more", async () => {
  const session = new FakeSession();
  const pulling = session.pull();
  await settled();
  await session.show(H264, 1_000);
  const pull = await pulling;
  const before = session.units.length;
  for (let i = 0; i < 60; i++) {
    session.onBytes(new Uint8Array(100).fill(0xee));
    session.clock.pass(100);
    await settled();
  }
  assert.deepEqual(session.previews.map(({ stopped }) => stopped), [true, false]);
  await session.show(H264, 1_000);
  session.clock.pass(3_000);
  const times = session.units.filter(({ trackId }) => trackId === 0);
  assert.ok(session.units.length > before + 20);
  assert.ok(times.every((unit, i) => i === 0 || unit.timestamp > (times[i - 1]?.timestamp ?? 0)));
  session.fate = new BaichuanError({ reason: "silent", detail: "nothing" });
  for (let i = 0; i < 60; i++) {
    session.onBytes(new Uint8Array(100).fill(0xee));
    session.clock.pass(100);
    await settled();
  }
  assert.equal((await pull.ended).reason, "timeout", "where it does not, that is the end");
});

test("startPreviewPull() is outdated when picture or sound change, but not if that happens at once", async () => {
  for (const [steady, outdated] of [[3_000, true], [1_000, false]] as const) {
    const session = new FakeSession();
    const pulling = session.pull();
    await settled();
    await session.show(H264, steady);
    const pull = await pulling;
    await session.show(H265, 1_000);
    assert.match((await pull.ended).detail, /picture has another format/);
    assert.equal(pull.isOutdated, outdated);
    assert.equal(session.previews[0]?.stopped, true);
  }
  const session = new FakeSession();
  const pulling = session.pull();
  await settled();
  await session.show(H264, 6_000, false);
  const silent = await pulling;
  assert.equal(silent.tracks.length, 1);
  await session.show(H264, 1_000);
  assert.match((await silent.ended).detail, /sound/);
  const again = session.pull(undefined, silent.sound);
  await settled();
  await session.show(H264, 1_000);
  assert.equal((await again).tracks.length, 2, "it is remembered");
});
