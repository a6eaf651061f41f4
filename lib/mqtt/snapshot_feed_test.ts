import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeHub } from "../../tests/support/fake_hub.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { SnapshotResult } from "../hub/hub.ts";
import {
  AFTER_NONE,
  EVERY,
  FIRST_PICTURE,
  MAX_PICTURE_BYTES,
  SnapshotFeed,
} from "./snapshot_feed.ts";

const picture = (length = 4): SnapshotResult => ({
  type: "picture",
  bytes: new Uint8Array(length),
  age: 0,
});

function setUp() {
  const clock = new VirtualClock();
  const hub = new FakeHub(clock, "front", "yard");
  const asked: string[] = [];
  const ask = hub.snapshot.bind(hub);
  hub.snapshot = (name) => {
    asked.push(name);
    return ask(name);
  };
  const pictures: string[] = [];
  const feed = new SnapshotFeed({
    hub,
    clock,
    onPicture: (name) => pictures.push(name),
    onBug: (error) => {
      throw error;
    },
  });
  const pass = async (duration: number) => {
    clock.pass(duration);
    await settled();
  };
  return { clock, hub, asked, pictures, feed, pass };
}

test("SnapshotFeed asks an open camera now and then, and no other", async () => {
  const { hub, feed, pictures, asked, pass, clock } = setUp();
  hub.picture = picture();
  feed.follow({ name: "front", state: "open" });
  for (const state of ["idle", "sleeping", "locating", "starting", "failed"] as const) {
    feed.follow({ name: "yard", state });
  }
  await pass(FIRST_PICTURE);
  feed.follow({ name: "front", state: "open" });
  await pass(EVERY);
  await pass(EVERY);
  assert.deepEqual(pictures, ["front", "front", "front"]);
  feed.follow({ name: "front", state: "idle" });
  await pass(10 * EVERY);
  assert.equal(asked.length, 3);
  assert.equal(clock.timers, 0);
});

for (
  const [what, result] of [
    ["none", { type: "none", detail: "", advice: "" }],
    ["one that is too large", picture(MAX_PICTURE_BYTES + 1)],
  ] as const
) {
  test(`SnapshotFeed asks a camera that gives ${what} seldom`, async () => {
    const { hub, feed, pictures, asked, pass } = setUp();
    hub.picture = result;
    feed.follow({ name: "front", state: "open" });
    await pass(FIRST_PICTURE);
    await pass(AFTER_NONE - 1);
    assert.deepEqual([asked.length, pictures.length], [1, 0]);
    await pass(1);
    assert.equal(asked.length, 2);
  });
}

test("SnapshotFeed forgets a picture that comes once the camera is closed", async () => {
  const { hub, feed, pictures, pass, clock } = setUp();
  const late = Promise.withResolvers<SnapshotResult>();
  hub.snapshot = () => late.promise;
  feed.follow({ name: "front", state: "open" });
  await pass(FIRST_PICTURE);
  feed.follow({ name: "front", state: "sleeping" });
  late.resolve(picture());
  await settled();
  assert.deepEqual(pictures, []);
  feed.follow({ name: "front", state: "open" });
  feed.close();
  assert.equal(clock.timers, 0);
});
