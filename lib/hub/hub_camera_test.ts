import assert from "node:assert/strict";
import { test } from "node:test";
import { camera, CRON, HubWorld } from "../../tests/support/hub_world.ts";

const MINUTE = 60_000;

test("Hub.start() with wait=frame answers once a key frame of this session is in hand", async () => {
  const world = await HubWorld.with(camera("front"));
  const result = await world.start("FRONT", { for: 10 * MINUTE, wait: "frame" });
  assert.equal(result.type, "frame");
  assert.ok(result.keyframeAge < 200);
  assert.equal(result.status.name, "front");
  assert.equal(result.status.state, "open");
  assert.equal(result.status.way, "lan");
  assert.deepEqual(world.states("front"), ["locating", "starting", "open"]);
  const stages = result.status.handshake.map(({ stage, outcome }) => `${stage} ${outcome}`);
  assert.deepEqual(stages, ["locating ok", "locate ok", "starting ok", "keyframe ok"]);
});

test("Hub.start() many times at once makes one session and one pull", async () => {
  const world = await HubWorld.with(camera("front"));
  const starts = Array.from({ length: 10 }, () => world.start("front", { wait: "frame" }));
  const results = await Promise.all(starts);
  assert.deepEqual(results.map(({ type }) => type), Array(10).fill("frame"));
  const { connects, pulls } = world.model("front");
  assert.deepEqual([connects, pulls.length], [1, 1]);
  assert.equal(world.told("lease").length, 1);
});

test("Hub.start() without wait answers at once, and the camera is open a moment later", async () => {
  const world = await HubWorld.with(camera("front"));
  const result = await world.hub.start("front", { cause: CRON });
  assert.equal(result.type, "started");
  await world.pass(500);
  assert.equal(world.status("front").state, "open");
  assert.deepEqual(world.status("front").lease, { until: undefined });
  await world.pass(60 * MINUTE);
  assert.equal(world.status("front").state, "open", "until it is stopped");
});

test("Hub.start() names stage and advice when no key frame came in time, and goes on trying", async () => {
  const world = await HubWorld.with(camera("front"));
  const model = world.model("front");
  model.connectFates = ["hang"];
  const late = await world.start("front", { for: MINUTE, wait: "frame", timeout: 5_000 });
  assert.ok(late.type === "timedOut");
  assert.equal(late.stage, "locate");
  assert.match(late.detail, /still locating, at locate/);
  assert.match(late.advice, /goes on trying/);
  model.camera.resume();
  await world.pass(1_000);
  assert.equal(world.status("front").state, "open");
});

test("Hub.start() says so when the stream is open but has no key frame", async () => {
  const world = await HubWorld.with(camera("front"));
  world.isFilming = false;
  const result = world.start("front", { wait: "frame", timeout: 4_000 });
  await world.pass(100);
  const { pull } = world.model("front");
  for (let second = 0; second < 4; second++) {
    pull.unit(1, second);
    await world.pass(1_000);
  }
  const late = await result;
  assert.ok(late.type === "timedOut");
  assert.match(late.advice, /sends no video/);
});

test("Hub.start() ends its waiting when the asker goes away, and its lease stands", async () => {
  const world = await HubWorld.with(camera("front"));
  world.model("front").connectFates = ["hang"];
  const asker = new AbortController();
  const result = world.start("front", { for: MINUTE, wait: "frame", signal: asker.signal });
  await world.pass(1_000);
  asker.abort();
  assert.equal((await result).type, "timedOut");
  assert.notEqual(world.status("front").lease, undefined);
});

test("Hub.start() does not know a camera that is not there", async () => {
  const world = await HubWorld.with(camera("front"));
  assert.deepEqual(await world.start("back"), { type: "unknown" });
  assert.deepEqual(await world.hub.stop("back", CRON), { type: "unknown" });
});

test("a lease keeps the camera open without viewers, is extended by repeats, and ends on time", async () => {
  const world = await HubWorld.with(camera("front"));
  await world.start("front", { for: 2 * MINUTE, wait: "frame" });
  await world.pass(MINUTE);
  await world.start("front", { for: 3 * MINUTE });
  await world.start("front", { for: 10_000 });
  await world.pass(2.9 * MINUTE);
  assert.equal(world.status("front").state, "open");
  await world.pass(0.2 * MINUTE);
  assert.equal(world.status("front").state, "idle");
  assert.equal(world.status("front").lease, undefined);
  assert.equal(world.model("front").camera.isConnected, false, "and the connection is let go");
  assert.deepEqual(world.told("lease").map(({ change }) => change), ["begun", "extended", "ended"]);
  assert.equal(world.told("state").at(-1)?.detail, "its lease ended");
});

test("the end of a lease leaves viewers of an on-demand camera alone", async () => {
  const world = await HubWorld.with(camera("front"));
  await world.start("front", { for: MINUTE });
  const viewer = await world.watch("/front");
  await world.pass(2 * MINUTE);
  assert.equal(viewer.ended, undefined);
  assert.equal(world.status("front").state, "open");
  viewer.leave();
  await world.pass(31_000);
  assert.equal(world.status("front").state, "idle");
});

test("an on-demand camera is reached for a viewer and left some time after the last one", async () => {
  const world = await HubWorld.with(camera("front", { idle: 10_000 }));
  const main = await world.watch("/front");
  const sub = await world.watch("/Front/sub?transport=tcp");
  assert.equal(world.status("front").viewers, 2);
  assert.deepEqual(
    world.status("front").streams.map(({ path, state, viewers, tracks }) => {
      return { path, state, viewers, tracks };
    }),
    ["/front", "/front/sub"].map((path) => {
      return { path, state: "open", viewers: 1, tracks: ["H264", "MPEG4-GENERIC"] };
    }),
  );
  main.leave();
  sub.leave();
  await world.pass(9_000);
  assert.equal(world.status("front").state, "open");
  await world.pass(2_000);
  assert.equal(world.status("front").state, "idle");
  assert.equal(world.model("front").camera.isConnected, false);
  assert.deepEqual(
    world.told("viewers").map(({ path, viewers }) => `${path} ${viewers}`),
    ["/front 1", "/front/sub 1", "/front 0", "/front/sub 0"],
  );
});

test("Hub.open() does not know streams a camera does not have", async () => {
  const world = await HubWorld.with(camera("front"));
  for (const path of ["/back", "/front/extern", "/", "/front/sub/main"]) {
    assert.deepEqual(await world.open(path), { type: "unknown" }, path);
  }
});

test("Hub.open() settles when the asker goes away", async () => {
  const world = await HubWorld.with(camera("front"));
  world.model("front").connectFates = ["hang"];
  const asker = new AbortController();
  const opened = world.hub.open("/front", { cause: { by: "viewer" }, signal: asker.signal });
  await world.pass(1_000);
  asker.abort();
  assert.equal((await opened).type, "failed");
});

test("Hub.open() refuses more streams of one camera than there may be", async () => {
  const world = await HubWorld.with(camera("front"));
  for (let channel = 1; channel < 64; channel++) await world.open(`/front/ch${channel}`);
  const refused = await world.open("/front/ch64");
  assert.ok(refused.type === "refused");
  assert.equal(refused.why, "limit");
});

test("Hub.stop() ends viewers, lease and connection at once, and is idempotent", async () => {
  const world = await HubWorld.with(camera("front"));
  const viewer = await world.watch("/front");
  await world.start("front", { for: MINUTE });
  const stopped = await world.hub.stop("front", CRON);
  assert.ok(stopped.type === "stopped");
  assert.equal(stopped.closed, true);
  assert.equal(stopped.status.state, "idle");
  assert.equal(stopped.status.lease, undefined);
  assert.equal(viewer.ended, "local");
  assert.equal(world.model("front").open, 0);
  assert.equal(world.told("state").at(-1)?.detail, "it was stopped");
  const again = await world.hub.stop("front", CRON);
  assert.equal(again.type === "stopped" && again.closed, false);
  assert.equal(world.told("stopped").length, 1);
  await world.watch("/front");
  assert.equal(world.status("front").state, "open", "the next viewer brings it back");
});

test("Hub.stop() ends those who wait for a frame", async () => {
  const world = await HubWorld.with(camera("front"));
  world.model("front").connectFates = ["hang"];
  const result = world.start("front", { wait: "frame" });
  await world.pass(1_000);
  await world.within(1_000, world.hub.stop("front", CRON));
  const failed = await result;
  assert.ok(failed.type === "failed");
  assert.equal(failed.error.reason, "local");
  assert.equal(world.status("front").state, "idle");
});

test("a camera in mode always is open by itself, comes back by itself, and rests when stopped", async () => {
  const world = await HubWorld.with(camera("front", { mode: "always" }));
  const model = world.model("front");
  await world.pass(1_000);
  assert.equal(world.status("front").state, "open");
  model.camera.lose({ reason: "timeout", stage: "open", detail: "it is gone", advice: "" });
  await world.pass(5_000);
  assert.equal(world.status("front").state, "open");
  assert.equal(world.status("front").counters.reconnects, 1);
  assert.equal(world.told("error").at(0)?.error.detail, "it is gone");
  await world.hub.stop("front", CRON);
  await world.pass(10 * MINUTE);
  assert.equal(world.status("front").state, "idle");
  const viewer = await world.watch("/front");
  viewer.leave();
  await world.pass(10 * MINUTE);
  assert.equal(world.status("front").state, "open", "whoever asks ends the rest");
});

test("a camera in mode manual serves viewers only while its lease runs", async () => {
  const world = await HubWorld.with(camera("front", { mode: "manual" }));
  const refused = await world.open("/front");
  assert.ok(refused.type === "refused");
  assert.equal(refused.why, "manual");
  assert.match(refused.advice, /Start it/);
  assert.equal(world.model("front").connects, 0);
  await world.start("front", { for: MINUTE, wait: "frame" });
  const viewer = await world.watch("/front/sub");
  await world.pass(0.9 * MINUTE);
  assert.equal(viewer.ended, undefined);
  await world.pass(0.2 * MINUTE);
  assert.equal(viewer.ended, "local");
  assert.equal(world.status("front").state, "idle");
  assert.equal((await world.open("/front")).type, "refused");
});

test("Hub.open() with peek shows what there was without reaching the camera", async () => {
  const world = await HubWorld.with(camera("front"));
  const nothing = await world.open("/front?peek");
  assert.ok(nothing.type === "refused");
  assert.equal(nothing.why, "nothing");
  const viewer = await world.watch("/front");
  await world.pass(2_000);
  const peek = await world.watch("/front?peek");
  assert.equal(world.status("front").viewers, 1);
  viewer.leave();
  await world.pass(60_000);
  assert.equal(world.status("front").state, "idle", "it keeps nothing open");
  const before = peek.units.length;
  await world.pass(10_000);
  assert.equal(peek.units.length - before, 10, "the last key frame, once a second");
  await world.watch("/front");
  await world.pass(10_000);
  assert.ok(peek.units.length - before > 100, "and live while it is open for somebody else");
  assert.equal(world.model("front").connects, 2);
});

test("Hub.snapshot() asks an open camera once a second at most, and gives the last picture later", async () => {
  const world = await HubWorld.with(camera("front"), camera("plain"));
  const { signal } = new AbortController();
  world.model("front").hasSnapshot = true;
  await world.hub.stop("front", CRON);
  const none = await world.hub.snapshot("front", signal);
  assert.equal(none.type, "none");
  assert.equal(world.model("front").connects, 0, "a picture reaches no camera");
  await world.start("front", { for: MINUTE, wait: "frame" });
  const take = () => world.within(1_000, world.hub.snapshot("front", signal));
  await Promise.all([take(), take(), take()]);
  await take();
  assert.equal(world.model("front").camera.snapshots, 1);
  await world.pass(1_000);
  const fresh = await take();
  assert.ok(fresh.type === "picture");
  assert.deepEqual([...fresh.bytes], [0xff, 0xd8, 2]);
  await world.pass(2 * MINUTE);
  const old = await take();
  assert.ok(old.type === "picture" && old.age > MINUTE);
  await world.start("plain", { wait: "frame" });
  const plain = await world.hub.snapshot("plain", signal);
  assert.ok(plain.type === "none");
  assert.match(plain.detail, /no command for pictures/);
  assert.equal((await world.hub.snapshot("back", signal)).type, "unknown");
});

test("a frozen stream is told of as a stall, and pulled again", async () => {
  const world = await HubWorld.with(camera("front"));
  await world.watch("/front");
  world.isFilming = false;
  await world.pass(11_000);
  world.isFilming = true;
  await world.pass(2_000);
  assert.deepEqual(world.told("stall").map(({ path, renewed }) => `${path} ${renewed}`), [
    "/front false",
    "/front true",
  ]);
  assert.equal(world.model("front").camera.renewals, 1);
  const { counters } = world.status("front");
  assert.deepEqual([counters.stalls, counters.pulls], [2, 3]);
});
