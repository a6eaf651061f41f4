import assert from "node:assert/strict";
import { test } from "node:test";
import { loadClip } from "../../lib/sim/clip/clip.ts";
import { ReolinkHubWorld } from "../support/reolink_hub_world.ts";

/** At first stills come faster, as players want to see some before they show any. */
const EARLY = 2_000;

const BATTERY = { power: "battery", battery: { sleepAfter: "3s" }, streams: { main: "h264" } };

/** The pictures of the clip that stand for themselves. */
const KEYFRAMES = new Set(
  loadClip({ video: "h264" }).units.map(({ unit }) => unit)
    .filter(({ keyframe, trackId }) => keyframe && trackId === 0)
    .map(({ parts }) => String(parts)),
);

/** A camera that has been watched, and sleeps. */
async function asleepAgain(): Promise<ReolinkHubWorld> {
  const world = await ReolinkHubWorld.open({ camera: BATTERY });
  const viewer = await world.watch();
  await world.pass(3_000);
  viewer.leave();
  assert.ok(await world.until(() => world.camera.power.state === "asleep", 60_000));
  return world;
}

test("a peek shows the last key frame of a sleeping camera once a second, and lets it sleep", async () => {
  const world = await asleepAgain();
  const viewer = await world.watch("/yard?peek");
  await world.pass(EARLY);
  const early = viewer.pictures.length;
  await world.pass(3_600_000);
  assert.equal(viewer.pictures.length - early, 3_600);
  assert.ok(viewer.pictures.every(({ parts }) => KEYFRAMES.has(String(parts))), "unchanged");
  const times = viewer.pictures.slice(early).map(({ timestamp }) => timestamp);
  const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  assert.deepEqual([...new Set(steps)], [90_000]);
  assert.equal(world.camera.power.wakes, 1);
  assert.equal(world.status.state, "sleeping");
  assert.equal(world.status.viewers, 0);
  assert.ok((world.status.keyframeAge ?? 0) > 3_600_000, "its age is told");
  viewer.leave();
});

test("a peek goes live when somebody else has the camera woken, and back when it sleeps again", async () => {
  const world = await asleepAgain();
  const peeking = await world.watch("/yard?peek");
  await world.pass(10_000);
  const still = peeking.pictures.length;
  assert.ok(still < 50);
  const watching = await world.watch("/yard", { by: "viewer", who: "10.0.0.2" });
  await world.pass(10_000);
  const live = peeking.pictures.length - still;
  assert.ok(live > 8 * 25, `${live} pictures`);
  watching.leave();
  await world.pass(60_000);
  const back = peeking.pictures.length;
  await world.pass(10_000);
  assert.ok(Math.abs(peeking.pictures.length - back - 10) <= 1);
  assert.equal(world.camera.power.state, "asleep");
  assert.equal(peeking.ended, undefined);
  const times = peeking.pictures.map(({ timestamp }) => timestamp);
  assert.ok(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0)), "time goes on");
  peeking.leave();
});

test("a peek does not keep a camera awake that somebody else has left", async () => {
  const world = await ReolinkHubWorld.open({ camera: BATTERY });
  const watching = await world.watch();
  const peeking = await world.watch("/yard?peek");
  await world.pass(5_000);
  watching.leave();
  const left = world.now;
  assert.ok(await world.until(() => world.camera.power.state === "asleep", 60_000));
  assert.ok(world.now - left < 35_000);
  assert.equal(peeking.ended, undefined);
  peeking.leave();
});

test("a peek at a camera that has shown nothing yet is refused with a word, and wakes nobody", async () => {
  const world = await ReolinkHubWorld.open({ camera: BATTERY });
  const result = await world.open("/yard?peek");
  assert.ok(result.type === "refused" && result.why === "nothing");
  assert.match(result.detail, /has shown no picture/);
  await world.pass(60_000);
  assert.equal(world.camera.power.wakes, 0);
  assert.equal(world.hub.wakes("yard")?.length, 0);
});

test("a peek is to be had when the wake budget is spent", async () => {
  const wakeBudget = { wakesPerHour: 1, awakePerDay: undefined, minBattery: undefined };
  const world = await ReolinkHubWorld.open({ camera: BATTERY, config: { wakeBudget } });
  const viewer = await world.watch();
  viewer.leave();
  await world.pass(120_000);
  assert.equal((await world.open()).type, "budget");
  const peeking = await world.watch("/yard?peek");
  await world.pass(5_000);
  assert.ok(peeking.pictures.length >= 5);
});
