import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlOrder } from "../../lib/config/control_order.ts";
import type { Cause } from "../../lib/hub/cause.ts";
import type { ControlResult } from "../../lib/hub/hub.ts";
import type { CameraState } from "../../lib/sim/reolink/camera_state.ts";
import { ReolinkHubWorld, type ReolinkHubWorldOptions } from "../support/reolink_hub_world.ts";

const CAUSE: Cause = { by: "api", who: "cron" };

const LEFT: ControlOrder = { type: "ptz", direction: "left", speed: 20, for: 2_000 };

/** A camera that somebody watches, which has said what it can be told. */
async function watched(options: ReolinkHubWorldOptions = {}) {
  const world = await ReolinkHubWorld.open(options);
  world.stage(({ state }) => {
    state.setPreset(3, "gate");
  });
  const viewer = await world.watch();
  await world.until(() => world.status.controls !== undefined, 30_000);
  const { signal } = new AbortController();
  const order = (what: ControlOrder, by = signal): Promise<ControlResult> =>
    world.result(world.hub.control("yard", what, CAUSE, by), 60_000);
  const close = async () => {
    viewer.leave();
    await world.result(world.hub.close(), 10_000);
  };
  return { world, order, close };
}

test("a Reolink camera says what it can be told", async () => {
  const { world, close } = await watched();
  assert.deepEqual(world.status.controls, [
    { type: "light" },
    { type: "siren" },
    { type: "led" },
    { type: "pir" },
    { type: "ptz", directions: ["left", "right", "up", "down"] },
    { type: "preset", presets: [{ id: 3, name: "gate" }] },
    { type: "zoom", min: 1_000, max: 5_000 },
    { type: "reboot" },
  ]);
  assert.equal(world.told("controls").length, 1);
  await close();
});

const ORDERS: readonly (readonly [string, ControlOrder, (state: CameraState) => boolean])[] = [
  ["switches its light on", { type: "light", on: true, for: 5_000 }, (state) => state.floodlight],
  ["sounds its siren", { type: "siren", on: true }, ({ siren }) => siren?.on === true],
  ["silences its siren", { type: "siren", on: false }, ({ siren }) => siren?.on === false],
  ["switches its LED off", { type: "led", on: false }, ({ led }) => led.status === "close"],
  [
    "switches its sensor off, and leaves the rest of its settings",
    { type: "pir", on: false },
    ({ pir: { children } }) =>
      children.find(({ name }) => name === "enable")?.text === "0" &&
      children.some(({ name }) => name === "timeBlockList"),
  ],
  ["goes to a preset", { type: "preset", id: 3 }, ({ preset }) => preset === 3],
  ["zooms", { type: "zoom", position: 2_500 }, ({ zoom }) => zoom === 2_500],
];

for (const [what, order, holds] of ORDERS) {
  test(`a Reolink camera ${what} when it is told to`, async () => {
    const { world, order: give, close } = await watched();
    assert.equal((await give(order)).type, "done");
    assert.ok(holds(world.camera.state));
    await close();
  });
}

test("a Reolink camera moves as long as it was told to, and stops by itself", async () => {
  const { world, order, close } = await watched();
  const began = world.now;
  const moved = order(LEFT);
  assert.ok(await world.until(() => world.camera.state.ptz.command === "left", 1_000));
  assert.equal(world.camera.state.ptz.speed, 20);
  assert.equal((await moved).type, "done");
  assert.equal(world.camera.state.ptz.command, "stop");
  assert.ok(world.now - began >= 2_000 && world.now - began < 3_000, String(world.now - began));
  await close();
});

test("a Reolink camera stops at once when whoever had it moved goes away", async () => {
  const { world, order, close } = await watched();
  const asker = new AbortController();
  const moved = order({ ...LEFT, for: 10_000 }, asker.signal);
  await world.until(() => world.camera.state.ptz.command === "left", 1_000);
  const began = world.now;
  asker.abort();
  await moved;
  assert.equal(world.camera.state.ptz.command, "stop");
  assert.ok(world.now - began < 1_000);
  await close();
});

test("a Reolink camera that is closed while it moves is stopped before that", async () => {
  const { world, order, close } = await watched();
  const moved = order({ ...LEFT, for: 10_000 });
  await world.until(() => world.camera.state.ptz.command === "left", 1_000);
  await world.result(world.hub.stop("yard", CAUSE), 10_000);
  assert.equal(world.camera.state.ptz.command, "stop");
  assert.ok(["done", "failed"].includes((await moved).type));
  await close();
});

test("a Reolink camera that is lost while it moves is stopped once it is there again", async () => {
  const { world, order, close } = await watched();
  const moved = order(LEFT);
  await world.until(() => world.camera.state.ptz.command === "left", 1_000);
  world.setUp(false);
  const result = await moved;
  assert.equal(result.type, "failed");
  assert.equal(world.camera.state.ptz.command, "left");
  world.setUp(true);
  assert.ok(await world.until(() => world.camera.state.ptz.command === "stop", 60_000));
  await close();
});

test("a Reolink camera restarts when it is told to, and is reached again for its viewer", async () => {
  const { world, order, close } = await watched();
  assert.equal((await order({ type: "reboot" })).type, "done");
  assert.ok(await world.until(() => world.camera.state.counters.reboots === 1, 5_000));
  assert.ok(await world.until(() => world.status.state !== "open", 30_000));
  assert.ok(await world.until(() => world.status.state === "open", 120_000));
  await close();
});

test("a Reolink camera's own refusal is told as it is", async () => {
  const { world, order, close } = await watched();
  const result = await order({ type: "preset", id: 9 });
  assert.ok(result.type === "failed");
  assert.match(result.error.detail, /the camera refuses to go to a preset with status 400/);
  assert.equal(result.error.stage, "control");
  assert.equal(world.told("control").at(-1)?.outcome, "failed");
  await close();
});

test("a Reolink camera that obeys without a word is taken to have obeyed", async () => {
  const camera = { quirks: { unanswered: [209, 213, 288] } };
  const { world, order, close } = await watched({ camera });
  const orders: ControlOrder[] = [
    { type: "light", on: true, for: 60_000 },
    { type: "led", on: false },
    { type: "pir", on: false },
  ];
  for (const one of orders) assert.equal((await order(one)).type, "done");
  assert.ok(world.camera.state.floodlight);
  await close();
});

test("a sleeping battery camera is never woken by an order", async () => {
  const world = await ReolinkHubWorld.open({ camera: { power: "battery" } });
  const { signal } = new AbortController();
  const result = await world.result(
    world.hub.control("yard", { type: "light", on: true, for: 5_000 }, CAUSE, signal),
    5_000,
  );
  assert.ok(result.type === "refused" && result.why === "closed");
  await world.pass(10_000);
  assert.equal(world.camera.state.counters.sessions, 0);
  assert.deepEqual(world.hub.wakes("yard"), []);
  await world.result(world.hub.close(), 5_000);
});

test("a battery camera that has just woken says what it can be told all the same", async () => {
  const battery = { wakeTime: "1s", sleepAfter: "30s" };
  const { world, order, close } = await watched({ camera: { power: "battery", battery } });
  assert.ok(world.status.controls?.some(({ type }) => type === "preset"));
  assert.equal((await order({ type: "pir", on: false })).type, "done");
  assert.notEqual(world.status.battery, undefined);
  await close();
});
