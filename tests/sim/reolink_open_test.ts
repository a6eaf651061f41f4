import assert from "node:assert/strict";
import { test } from "node:test";
import { loadClip } from "../../lib/sim/clip/clip.ts";
import { ReolinkHubWorld } from "../support/reolink_hub_world.ts";

/** Ids of requests that say what a client does. */
const START = 3;
const STOP = 4;
const LOGOUT = 2;
const WATCH = 31;

const asked = (world: ReolinkHubWorld, id: number) =>
  world.said("request").filter((request) => request.id === id).length;

test("a Reolink camera is reached by UID, shown, and left in good order half a minute after", async () => {
  const world = await ReolinkHubWorld.open();
  const viewer = await world.watch();
  await world.pass(5_000);
  viewer.assertSawAll(loadClip({ video: "h265" }), 100);
  assert.deepEqual(world.states, ["locating", "punching", "authenticating", "starting", "open"]);
  assert.equal(world.status.way, "lan");
  viewer.leave();
  await world.pass(29_000);
  assert.equal(world.camera.sessions, 1);
  await world.pass(3_000);
  assert.equal(world.camera.sessions, 0);
  assert.deepEqual([asked(world, START), asked(world, STOP), asked(world, LOGOUT)], [1, 1, 1]);
  assert.equal(world.said("sessionClosed")[0]?.reason, "peer");
  assert.equal(world.status.state, "idle");
  assert.equal(world.host.openSockets, 0);
  await world.result(world.hub.close(), 5_000);
  assert.equal(world.host.timers, 0);
});

test("all streams of a Reolink camera share one session, however many watch", async () => {
  const world = await ReolinkHubWorld.open({
    camera: { streams: { main: "h265", sub: "h264", extern: "h264" }, link: { delay: "20ms" } },
  });
  const main = world.open("/yard");
  const paths = ["/yard/sub", "/yard/main", "/yard/extern", "/yard/sub"];
  const viewers = await Promise.all(paths.map((path) => world.watch(path)));
  await main;
  await world.pass(4_000);
  const h264 = loadClip({ video: "h264" });
  for (const [i, viewer] of viewers.entries()) {
    viewer.assertSawAll(i === 1 ? loadClip({ video: "h265" }) : h264, 50);
  }
  const { counters } = world.camera.state;
  assert.deepEqual([counters.logins, counters.previews], [1, 3]);
  assert.deepEqual(world.status.streams.map(({ path }) => path), [
    ...["/yard", "/yard/sub", "/yard/extern"],
  ]);
  assert.deepEqual(await world.open("/yard/third"), { type: "unknown" });
  for (const viewer of viewers) viewer.leave();
  await world.result(world.hub.close(), 5_000);
  assert.equal(asked(world, STOP), 3);
});

test("a Reolink camera by its address is reached over TCP, and not looked for", async () => {
  const world = await ReolinkHubWorld.open({ isByAddress: true });
  const viewer = await world.watch();
  await world.pass(3_000);
  viewer.assertSawAll(loadClip({ video: "h265" }), 50);
  assert.deepEqual(world.states, ["locating", "authenticating", "starting", "open"]);
  assert.equal(world.status.way, "tcp");
  assert.ok((world.status.bytes.received.tcp ?? 0) > 10_000);
  assert.equal(world.host.openSockets, 0);
  viewer.leave();
  await world.pass(32_000);
  assert.equal(world.camera.sessions, 0);
});

test("a UID nobody knows is told of within 6 s", async () => {
  const world = await ReolinkHubWorld.open({ uid: "95270000NOBODYS0" });
  const began = world.now;
  const result = await world.open();
  assert.equal(result.type === "failed" && result.error.reason, "unreachable");
  assert.match(JSON.stringify(result), /does not know this UID/);
  assert.ok(world.now - began < 6_000, `${world.now - began} ms`);
});

test("a wrong password is tried once, whoever asks again", async () => {
  const world = await ReolinkHubWorld.open({ password: "wrong" });
  for (let count = 0; count < 5; count++) {
    const result = await world.open();
    assert.equal(result.type === "failed" && result.error.reason, "auth");
    await world.pass(2_000);
  }
  assert.equal(world.camera.state.counters.wrongLogins, 1);
  assert.equal(world.status.state, "failed");
  assert.equal(world.camera.sessions, 0, "and it is left alone");
});

test("middlemen that are dead, strangers or mad do not keep a Reolink camera from being found", async () => {
  const middlemen = [
    ...[{ silent: true }, { stranger: true }, { garbage: true }, { delay: "1500ms" }],
    ...[{ silent: true }, { stranger: true }],
  ];
  const world = await ReolinkHubWorld.open({ servers: { middlemen } });
  const began = world.now;
  const viewer = await world.watch();
  assert.ok(world.now - began < 3_000, `${world.now - began} ms`);
  viewer.leave();
});

test("a register that refuses at first is asked again, which wakes nobody", async () => {
  for (const power of ["mains", "battery"]) {
    const world = await ReolinkHubWorld.open({
      servers: { register: { refuseFirst: 3 } },
      camera: { power },
    });
    const viewer = await world.watch();
    assert.equal(world.status.counters.wakes, 1);
    viewer.leave();
  }
});

test("a Reolink camera that ends the session is had back while somebody watches", async () => {
  const world = await ReolinkHubWorld.open({ camera: { faults: { disconnectAfter: "10s" } } });
  const viewer = await world.watch();
  await world.pass(60_000);
  assert.equal(viewer.ended, undefined);
  assert.ok(viewer.pictures.length > 45 * 25, `${viewer.pictures.length} pictures`);
  assert.ok(world.status.counters.reconnects >= 4);
  const steps = viewer.pictures.slice(1).map((unit, i) => {
    return unit.timestamp - (viewer.pictures[i]?.timestamp ?? 0);
  });
  assert.ok(steps.every((step) => step > 0), "time goes on");
  viewer.leave();
  await world.pass(60_000);
  const { sessions } = world.camera.state.counters;
  await world.pass(300_000);
  assert.equal(world.camera.state.counters.sessions, sessions, "and not when nobody does");
});

test("a Reolink camera that vanishes is noticed, told of and had back once it is there", async () => {
  const world = await ReolinkHubWorld.open({ camera: { power: "mains" } });
  const viewer = await world.watch();
  await world.pass(5_000);
  world.setUp(false);
  await world.pass(60_000);
  assert.notEqual(world.status.state, "open");
  assert.ok(world.told("error").length > 0);
  world.setUp(true);
  const before = viewer.pictures.length;
  assert.ok(await world.until(() => viewer.pictures.length > before + 25, 80_000));
  assert.equal(viewer.ended, undefined);
});

test("media that is damaged costs some pictures, and shows no wrong one", async () => {
  const world = await ReolinkHubWorld.open({ camera: { faults: { corruptMediaAfter: "3s" } } });
  const viewer = await world.watch();
  await world.pass(20_000);
  const originals = new Set(
    loadClip({ video: "h265" }).units.map(({ unit }) => String(unit.parts)),
  );
  assert.ok(viewer.pictures.every(({ parts }) => originals.has(String(parts))));
  assert.ok(viewer.pictures.length > 17 * 25, `${viewer.pictures.length} pictures`);
});

test("sound that begins late is there for those who ask again, who are told to", async () => {
  const world = await ReolinkHubWorld.open({ camera: { quirks: { audioAfter: "8s" } } });
  const first = await world.watch();
  assert.equal(first.tracks.length, 1);
  await world.pass(20_000);
  assert.equal(first.ended, "peer");
  const second = await world.watch();
  assert.equal(second.tracks.length, 2);
  await world.pass(20_000);
  assert.equal(second.ended, undefined);
  assert.ok(second.sounds.length > 100);
  assert.equal(world.told("error").length, 0);
});

test("a stream the camera does not have is refused with a word, and the others go on", async () => {
  const world = await ReolinkHubWorld.open();
  const viewer = await world.watch();
  const extern = await world.open("/yard/extern");
  assert.match(extern.type === "failed" ? extern.error.detail : "", /refuses/);
  await world.pass(5_000);
  viewer.assertSawAll(loadClip({ video: "h265" }), 100);
  viewer.leave();
});

test("a picture is taken with the camera's own command, and never for its own sake", async () => {
  const world = await ReolinkHubWorld.open();
  const { signal } = new AbortController();
  const take = () => world.result(world.hub.snapshot("yard", signal), 15_000);
  assert.equal((await take()).type, "none");
  const viewer = await world.watch();
  const shot = await take();
  assert.deepEqual(shot.type === "picture" && [...shot.bytes.slice(0, 2)], [0xff, 0xd8]);
  viewer.leave();
  // Whoever takes one again and again does not keep it awake.
  for (let second = 0; second < 40; second++) {
    await take();
    await world.pass(1_000);
  }
  assert.equal(world.camera.sessions, 0);
  const last = await take();
  assert.ok(last.type === "picture" && last.age > 5_000);
  assert.equal(world.camera.state.counters.sessions, 1);
});

test("a Reolink camera that takes no pictures says so", async () => {
  const world = await ReolinkHubWorld.open({ camera: { quirks: { snapshot: "none" } } });
  const viewer = await world.watch();
  const { signal } = new AbortController();
  const shot = await world.result(world.hub.snapshot("yard", signal), 15_000);
  assert.match(shot.type === "failed" ? shot.error.detail : "", /refuses/);
  viewer.leave();
});

test("a stop ends viewers, session and all, and the next viewer begins anew", async () => {
  const world = await ReolinkHubWorld.open();
  const viewer = await world.watch();
  await world.result(world.hub.stop("yard", { by: "api" }), 5_000);
  assert.equal(viewer.ended, "local");
  await world.pass(1_000);
  assert.equal(world.camera.sessions, 0);
  const next = await world.watch();
  await world.pass(3_000);
  next.assertSawAll(loadClip({ video: "h265" }), 50);
  next.leave();
});

test("what a camera on mains power sees is told of while it is connected", async () => {
  const world = await ReolinkHubWorld.open();
  const viewer = await world.watch();
  await world.pass(3_000);
  world.stage((camera, now) => camera.move(now));
  await world.pass(1_000);
  const [began] = world.told("motion");
  assert.deepEqual([began?.motion, began?.kinds], [true, ["people"]]);
  await world.pass(15_000);
  assert.equal(world.told("motion").at(-1)?.motion, false);
  world.stage((camera, now) => camera.move(now));
  await world.pass(1_000);
  await world.result(world.hub.stop("yard", { by: "api" }), 5_000);
  assert.deepEqual(world.told("motion").map(({ motion }) => motion), [true, false, true, false]);
  assert.equal(viewer.ended, "local");
});

test("a battery camera is not asked to tell of what it sees, which would keep it awake", async () => {
  const world = await ReolinkHubWorld.open({ camera: { power: "battery" } });
  const viewer = await world.watch();
  await world.pass(20_000);
  viewer.leave();
  assert.equal(asked(world, WATCH), 0);
});
