import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCameraAddress } from "../config/camera_address.ts";
import { camera, CRON, HubWorld } from "../../tests/support/hub_world.ts";
import { settled } from "../../tests/support/virtual_clock.ts";
import type { ControlOrder } from "../config/control_order.ts";
import { MAX_ORDERS, ORDER_PATIENCE } from "./camera_orders.ts";
import type { Control } from "./controls.ts";
import type { ControlResult } from "./hub.ts";
import { MAX_PRESETS, objection, tidyPresets } from "./controls.ts";
import { LinkError } from "./link/link_error.ts";

const { signal } = new AbortController();

const LIGHT: ControlOrder = { type: "light", on: true, for: 180_000 };
const LEFT: ControlOrder = { type: "ptz", direction: "left", speed: 32, for: 2_000 };

const ALL: readonly Control[] = [
  { type: "light" },
  { type: "ptz", directions: ["left", "right"] },
  { type: "zoom", min: 1_000, max: 5_000 },
  { type: "preset", presets: [] },
];

/** A hub whose camera front takes orders, and is open unless it is told otherwise. */
async function setUp(
  onOrder?: (order: ControlOrder, signal: AbortSignal) => Promise<boolean>,
  isOpen = true,
) {
  const world = new HubWorld();
  const model = world.model("front");
  model.onOrder = onOrder;
  await world.hub.reload([camera("front")]);
  if (isOpen) await world.start("front", { wait: "frame" });
  const give = (order: ControlOrder, by = signal): Promise<ControlResult> =>
    world.within(60_000, world.hub.control("FRONT", order, CRON, by));
  return { world, model, give };
}

test("Hub.control() has an open camera do something, and tells who wanted it", async () => {
  const given: ControlOrder[] = [];
  const { world, give } = await setUp((order) => {
    given.push(order);
    return Promise.resolve(true);
  });
  const result = await give(LEFT);
  assert.ok(result.type === "done" && result.status.name === "front");
  assert.deepEqual(given, [LEFT]);
  const [{ id: _, at: __, ...event } = assert.fail("nothing was told")] = world.told("control");
  assert.deepEqual(event, {
    ...{ type: "control", camera: "front", order: "ptz left", outcome: "done", cause: CRON },
    detail: undefined,
  });
});

test("Hub.control() neither reaches nor wakes a camera that is not open", async () => {
  const { world, model, give } = await setUp(() => assert.fail("it was told"), false);
  const result = await give(LIGHT);
  assert.ok(result.type === "refused" && result.why === "closed");
  assert.match(result.advice, /sightline start/);
  await world.pass(1_000);
  assert.equal(model.connects, 0);
  assert.deepEqual(world.told("control").map(({ outcome }) => outcome), ["refused"]);
  assert.equal((await world.hub.control("nobody", LIGHT, CRON, signal)).type, "unknown");
});

test("Hub.control() refuses what the camera says that it does not have, without asking it", async () => {
  let told = 0;
  const { world, model, give } = await setUp(() => Promise.resolve(++told > 0));
  assert.equal(world.status("front").controls, undefined);
  assert.equal((await give({ type: "siren", on: true })).type, "done", "it may have one");
  model.camera.tell({ type: "controls", controls: ALL });
  const refused = await give({ type: "siren", on: true });
  assert.ok(refused.type === "refused" && refused.why === "control");
  assert.equal((await give({ ...LEFT, direction: "up" })).type, "refused");
  assert.equal((await give({ type: "zoom", position: 9_000 })).type, "refused");
  assert.equal(told, 1);
  assert.equal((await give({ type: "preset", id: 9 })).type, "done", "it may be a new one");
});

test("Hub.control() says so where a camera cannot be told such a thing at all", async () => {
  const { give } = await setUp(() => Promise.resolve(false));
  const result = await give(LIGHT);
  assert.ok(result.type === "refused" && result.why === "control");
  const { give: ask } = await setUp(undefined);
  const without = await ask(LIGHT);
  assert.ok(without.type === "refused" && /account/.test(without.detail));
});

test("Hub.control() tells why a camera failed, and lets no bug pass for that", async () => {
  const end = { reason: "peer", stage: "control", detail: "it says no", advice: "" } as const;
  const { world, give } = await setUp(() => Promise.reject(new LinkError(end)));
  const result = await give(LIGHT);
  assert.ok(result.type === "failed" && result.error.detail === "it says no");
  assert.equal(world.told("control")[0]?.detail, "it says no");
  const { give: ask } = await setUp(() => Promise.reject(new TypeError("ours")));
  await assert.rejects(ask(LIGHT), TypeError);
});

test("Hub.control() calls an order off that takes too long, or that nobody waits for", async () => {
  const { world, give } = await setUp((_order, by) =>
    new Promise((resolve) => {
      by.addEventListener("abort", () => resolve(true));
    })
  );
  const began = world.clock.now();
  await give(LEFT);
  assert.ok(world.clock.now() - began >= ORDER_PATIENCE + 2_000);
  const asker = new AbortController();
  const asked = give(LIGHT, asker.signal);
  asker.abort();
  await asked;
  assert.ok(world.clock.now() - began < 2 * ORDER_PATIENCE);
});

test("Hub.control() lets no more than a few orders wait at one camera", async () => {
  const waiting: (() => void)[] = [];
  const { world } = await setUp(() => new Promise((resolve) => waiting.push(() => resolve(true))));
  const give = () => world.hub.control("front", LIGHT, CRON, signal);
  const given = Array.from({ length: MAX_ORDERS }, give);
  const more = await give();
  assert.ok(more.type === "refused" && more.why === "limit");
  await settled();
  for (const done of waiting) done();
  assert.ok((await Promise.all(given)).every(({ type }) => type === "done"));
  const next = give();
  await settled();
  waiting.at(-1)?.();
  assert.equal((await next).type, "done");
});

test("a hub tells once what a camera can be told, keeps it, and forgets it with the address", async () => {
  const { world, model } = await setUp(() => Promise.resolve(true));
  for (let i = 0; i < 3; i++) model.camera.tell({ type: "controls", controls: ALL });
  assert.equal(world.told("controls").length, 1);
  await world.within(5_000, world.hub.stop("front", CRON));
  assert.deepEqual(world.status("front").controls, ALL);
  const address = parseCameraAddress("dahua://ANOTHER00001");
  await world.within(5_000, world.hub.put(camera("front", { address })));
  assert.equal(world.status("front").controls, undefined);
});

test("objection() names what there is instead", () => {
  assert.match(objection(ALL, { ...LEFT, direction: "up" }) ?? "", /left, right, and not up/);
  assert.match(objection(ALL, { type: "zoom", position: 1 }) ?? "", /from 1000 to 5000: is 1/);
  assert.equal(objection(ALL, { type: "zoom", position: 5_000 }), undefined);
});

test("tidyPresets() keeps some of them, and of their names what fits a line", () => {
  const many = Array.from({ length: MAX_PRESETS + 1 }, (_, id) => ({ id, name: "x".repeat(1e5) }));
  assert.equal(tidyPresets(many).length, MAX_PRESETS);
  assert.equal(tidyPresets(many)[0]?.name.length, 64);
  assert.deepEqual(tidyPresets([{ id: 1, name: "\u001b[2J gate\n" }]), [{
    id: 1,
    name: "[2J gate",
  }]);
});
