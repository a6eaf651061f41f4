import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import type { Cause } from "../../lib/hub/cause.ts";
import { ReolinkHubWorld, type ReolinkHubWorldOptions } from "../support/reolink_hub_world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const READ_SUPPORT = 199;
const IS_LONG = process.env["SIGHTLINE_LONG"] === "1";

/** A battery camera that goes to sleep soon after its last session, for figures that say ours. */
const BATTERY = {
  power: "battery",
  battery: { sleepAfter: "3s" },
  streams: { main: "h264" },
  encryption: "aes",
};

const battery = (camera: Record<string, unknown> = {}, more: ReolinkHubWorldOptions = {}) =>
  ReolinkHubWorld.open({ camera: { ...BATTERY, ...camera }, step: 10, ...more });

/** When the camera was woken. */
function wakes(world: ReolinkHubWorld): readonly number[] {
  return world.told("wake").filter(({ allowed }) => allowed).map(({ at }) => at);
}

/** The most wakes within any hour. */
function mostWithinAnHour(instants: readonly number[]): number {
  const counts = instants.map((from) => {
    return instants.filter((at) => at >= from && at < from + HOUR).length;
  });
  return Math.max(0, ...counts);
}

test("a battery camera is woken, shown, and asleep within 35 s of the last viewer's leaving", async () => {
  for (const [seed, way] of ["lan", "map", "relay"].entries()) {
    const world = await battery({}, { query: `way=${way}`, seed: seed + 1 });
    assert.equal(world.camera.power.state, "asleep");
    const began = world.now;
    const viewer = await world.watch();
    assert.ok(world.now - began < 8_000, `a picture after ${world.now - began} ms`);
    await world.pass(10_000);
    assert.equal(viewer.ended, undefined);
    assert.ok(viewer.pictures.length > 8 * 25);
    viewer.leave();
    const left = world.now;
    assert.ok(await world.until(() => world.camera.power.state === "asleep", 60_000));
    assert.ok(world.now - left < 35_000, `asleep after ${world.now - left} ms`);
    assert.equal(world.status.state, "sleeping");
    assert.equal(world.camera.power.wakes, 1);
    await world.pass(2 * HOUR);
    assert.equal(world.camera.power.wakes, 1, "nobody wakes it for nothing");
  }
});

test("a battery camera that has just woken refuses this and that, and is shown all the same", async () => {
  const world = await battery({ quirks: { notReadyFor: "6s" }, battery: { wakeTime: "4s" } });
  const began = world.now;
  const viewer = await world.watch();
  assert.ok(world.now - began < 18_000, `${world.now - began} ms`);
  await world.pass(10_000);
  assert.ok(viewer.pictures.length > 8 * 25);
  viewer.leave();
});

test("a sleeping camera hears nothing from us, whatever is asked of the hub", async () => {
  const world = await battery();
  const viewer = await world.watch();
  viewer.leave();
  await world.pass(2 * MINUTE);
  const { delivered } = world.world.network.counters;
  const wake = world.camera.power.wakes;
  const { signal } = new AbortController();
  for (let minute = 0; minute < 60; minute++) {
    world.hub.list();
    await world.hub.snapshot("yard", signal);
    await world.open("/yard?peek");
    await world.pass(MINUTE);
  }
  assert.equal(world.camera.power.wakes, wake);
  assert.equal(world.host.openSockets, 0);
  // All there is, is the camera's own heartbeat, every ten seconds at most, and the answer to it.
  const rate = (world.world.network.counters.delivered - delivered) / 60;
  assert.ok(rate <= 2 * 6 + 1, `${rate} datagrams a minute`);
});

/** One who tries again every 2 s, and does not stay. */
async function beImpatient(world: ReolinkHubWorld, duration: number): Promise<string> {
  const end = world.now + duration;
  let refusals = 0;
  while (world.now < end) {
    const result = await world.open();
    if (result.type === "budget") {
      refusals += 1;
      assert.ok(result.retryAfter > 0);
    } else if (result.type === "source") {
      const leave = result.source.read({ onUnit: () => {}, onEnd: () => {} });
      await world.pass(500);
      leave();
    }
    await world.pass(2_000);
  }
  const { power } = world.camera;
  assert.equal(power.wakes, wakes(world).length, "no wake is left uncounted");
  const awake = (power.awakeFor(world.now) / MINUTE).toFixed(1);
  const left = power.percent(world.now).toFixed(1);
  return `${duration / HOUR} h: ${power.wakes} wakes, awake for ${awake} min, ` +
    `${refusals} refusals, battery from 87 to ${left} %`;
}

test("a client that tries again every 2 s keeps a battery camera awake no longer than allowed", async () => {
  const awakePerDay = (IS_LONG ? 30 : 5) * MINUTE;
  const wakeBudget = { wakesPerHour: 6, awakePerDay, minBattery: undefined };
  const world = await battery({}, { config: { wakeBudget } });
  console.log(await beImpatient(world, (IS_LONG ? 24 : 1) * HOUR));
  assert.ok(mostWithinAnHour(wakes(world)) <= 6);
  assert.ok(world.camera.power.awakeFor(world.now) < awakePerDay + MINUTE);
});

test("a client that tries again every 2 s wakes a camera that does not stay awake as often as allowed", async () => {
  const hours = IS_LONG ? 24 : 3;
  const wakeBudget = { wakesPerHour: 6, awakePerDay: 10 * HOUR, minBattery: undefined };
  const faults = { dropOffAfter: "5s" };
  const world = await battery({ faults }, { config: { wakeBudget } });
  console.log(await beImpatient(world, hours * HOUR));
  const instants = wakes(world);
  assert.ok(mostWithinAnHour(instants) <= 6);
  assert.ok(instants.length > 4 * hours, "and it does get its wakes");
  const hasty = instants.filter((at, i) => i > 0 && at - (instants[i - 1] ?? 0) < 10 * MINUTE);
  assert.ok(hasty.length <= instants.length / 2, "each is had back once at most");
});

test("the default budget holds for a camera that turns out to have a battery", async () => {
  const world = await battery({ faults: { disconnectAfter: "20s" } }, {});
  for (const end = world.now + (IS_LONG ? 6 : 1.5) * HOUR; world.now < end;) {
    const result = await world.open();
    let isOver = result.type !== "source";
    if (result.type === "source") {
      result.source.read({ onUnit: () => {}, onEnd: () => isOver = true });
    }
    await world.until(() => isOver, 60_000);
    await world.pass(2_000);
  }
  const instants = wakes(world);
  assert.ok(instants.length > 12 && mostWithinAnHour(instants) <= 12, `${instants.length} wakes`);
});

test("a camera known to be on mains power has no budget", async () => {
  const world = await ReolinkHubWorld.open({ config: { idle: 500 } });
  for (let count = 0; count < 40; count++) {
    const viewer = await world.watch();
    await world.pass(500);
    viewer.leave();
    await world.pass(5_000);
  }
  assert.ok(world.status.counters.wakes >= 40);
  assert.equal(world.status.state, "idle");
});

test("a camera that does not tell what it runs on is spared as if that were a battery", async () => {
  const world = await ReolinkHubWorld.open({
    camera: { quirks: { unanswered: [READ_SUPPORT] } },
    config: { idle: 500 },
    step: 10,
  });
  for (let count = 0; count < 12; count++) {
    const viewer = await world.watch("/yard", { by: "viewer", who: `10.0.0.${count}` });
    viewer.leave();
    await world.pass(20_000);
  }
  assert.equal((await world.open()).type, "budget");
});

test("attempts that never came so far as to call the camera are no wakes", async () => {
  const world = await battery({ faults: { off: true } });
  for (let count = 0; count < 60; count++) {
    const result = await world.open();
    assert.equal(result.type, "failed", JSON.stringify(result));
    await world.pass(MINUTE);
  }
});

test("a battery camera that does not answer is called once, not over and over", async () => {
  const world = await battery({ faults: { silent: true } });
  const result = await world.open();
  assert.equal(result.type, "failed");
  assert.equal(world.camera.power.wakes, 1);
  for (let count = 0; count < 100; count++) {
    await world.open();
    await world.pass(2_000);
  }
  assert.ok(world.camera.power.wakes <= 2, `${world.camera.power.wakes} wakes`);
});

test("a camera that falls asleep under its viewer is had back once, then as the budget lets", async () => {
  const wakeBudget = { wakesPerHour: 6, awakePerDay: undefined, minBattery: undefined };
  const world = await battery({ faults: { dropOffAfter: "10s" } }, { config: { wakeBudget } });
  const viewer = await world.watch();
  await world.pass(MINUTE);
  assert.equal(world.camera.power.wakes, 2, "woken anew for the viewer that is still there");
  assert.ok(viewer.pictures.length > 15 * 25);
  await world.pass(2 * MINUTE);
  assert.equal(world.camera.power.wakes, 2);
  assert.equal(viewer.ended, "local");
  assert.equal(world.status.state, "sleeping");
  assert.match(world.status.lastError?.detail ?? "", /wake budget is spent/);
  await world.pass(20 * MINUTE);
  assert.equal(world.camera.power.wakes, 2, "nobody is left to wake it for");
});

test("viewers may have a battery camera as long as the day's allowance lasts, and not longer", async () => {
  const wakeBudget = { wakesPerHour: 6, awakePerDay: 2 * MINUTE, minBattery: undefined };
  const world = await battery({}, { config: { wakeBudget } });
  const viewer = await world.watch();
  await world.pass(3 * MINUTE);
  assert.equal(viewer.ended, "local");
  assert.equal(world.camera.power.state, "asleep");
  const again = await world.open();
  assert.ok(again.type === "budget" && again.retryAfter > 22 * HOUR, JSON.stringify(again));
});

test("a battery that is nearly empty is spared, as soon as it has said so", async () => {
  const world = await battery({ battery: { percent: 8, sleepAfter: "3s" } });
  const viewer = await world.watch();
  await world.pass(10_000);
  assert.equal(world.status.battery?.percent, 8);
  viewer.leave();
  await world.pass(5 * MINUTE);
  const again = await world.open();
  assert.match(again.type === "budget" ? again.detail : "", /battery is at 8 %/);
});

test("the ledger tells who woke a battery camera, for how long, and what that cost", async () => {
  const world = await battery({
    battery: { percent: 80, drainAwake: 60, sleepAfter: "3s" },
  }, {});
  const viewer = await world.watch();
  await world.pass(3 * MINUTE);
  viewer.leave();
  await world.pass(2 * MINUTE);
  const cron: Cause = { by: "api", who: "cron" };
  await world.result(world.hub.start("yard", { cause: cron, for: 60_000 }), 1_000);
  await world.pass(3 * MINUTE);
  const [first, second, ...others] = world.hub.wakes("yard") ?? [];
  assert.equal(others.length, 0);
  assert.deepEqual(first?.cause, { by: "viewer", who: "10.0.0.1" });
  assert.deepEqual(second?.cause, cron);
  assert.equal(first?.outcome, "closed");
  assert.ok(Math.abs((first?.connectedFor ?? 0) - 3.5 * MINUTE) < 5_000, `${first?.connectedFor}`);
  assert.ok((first?.charge?.first ?? 0) > (first?.charge?.last ?? 99), JSON.stringify(first));
  assert.equal(second?.connectedFor !== undefined && second.connectedFor < 95_000, true);
});

test("a camera's false alarm after our own goodbye wakes nobody here", async () => {
  const world = await battery({ quirks: { alarmAfterSession: true }, motionEvery: "10m" });
  const viewer = await world.watch();
  await world.pass(5_000);
  viewer.leave();
  await world.pass(HOUR);
  const byUs = world.said("power").filter(({ cause }) => cause === "network").length;
  assert.equal(byUs, 1);
});
