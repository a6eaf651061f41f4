import assert from "node:assert/strict";
import { test } from "node:test";
import { camera, CRON, HubWorld } from "../../tests/support/hub_world.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { AUTH_QUARANTINE } from "./camera_monitor.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const OFFLINE: TunnelEnd = {
  reason: "unreachable",
  stage: "locate",
  detail: "the camera is offline",
  advice: "Check its power.",
};
const REFUSED: TunnelEnd = {
  reason: "auth",
  stage: "authenticate",
  detail: "the password was refused",
  advice: "Check it.",
};
const SILENT: TunnelEnd = {
  reason: "timeout",
  stage: "main-probe",
  detail: "the server did not answer",
  advice: "Check the network.",
};

test("Hub.start() tells at once of a camera that is offline, and goes on trying while its lease runs", async () => {
  const world = await HubWorld.with(camera("front"));
  const model = world.model("front");
  model.connectFates = [OFFLINE, OFFLINE, OFFLINE];
  const failed = await world.start("front", { for: MINUTE, wait: "frame" });
  assert.ok(failed.type === "failed");
  assert.deepEqual({ ...failed.error, at: 0 }, { ...OFFLINE, at: 0 });
  assert.equal(failed.status.state, "failed");
  assert.equal(failed.status.stage, "locate");
  assert.ok((failed.status.retryAt ?? 0) > world.clock.wallClock());
  await world.pass(20_000);
  assert.equal(model.connects, 4);
  assert.equal(world.status("front").state, "open");
  assert.equal(world.status("front").counters.failures, 3);
  assert.equal(world.status("front").lastError?.detail, OFFLINE.detail);
});

test("Hub.start() names the failed stage and its advice when time is over before a retry helped", async () => {
  const world = await HubWorld.with(camera("front"));
  world.model("front").connectFates = Array(20).fill(SILENT);
  const late = await world.start("front", { for: MINUTE, wait: "frame", timeout: 5_000 });
  assert.ok(late.type === "timedOut");
  const { stage, detail, advice } = SILENT;
  assert.deepEqual([late.stage, late.detail, late.advice], [stage, detail, advice]);
});

test("a camera that failed for a viewer says so, and is not tried again for nobody", async () => {
  const world = await HubWorld.with(camera("front"));
  const model = world.model("front");
  model.connectFates = [OFFLINE];
  const failed = await world.open("/front");
  assert.ok(failed.type === "failed");
  assert.equal(failed.error.reason, "unreachable");
  const { state, retryAt, lastError } = world.status("front");
  assert.deepEqual([state, retryAt, lastError?.stage], ["failed", undefined, "locate"]);
  await world.pass(HOUR);
  assert.equal(model.connects, 1);
  assert.equal(world.told("error").length, 1, "one failure is told of once");
  await world.watch("/front");
  assert.equal(world.status("front").state, "open");
});

test("a stream the camera does not have is no failure of a camera that shows another one", async () => {
  const world = await HubWorld.with(camera("front"));
  const model = world.model("front");
  const viewer = await world.watch("/front");
  model.pullFates = [OFFLINE];
  assert.equal((await world.open("/front/third")).type, "failed");
  assert.equal(world.status("front").state, "open");
  const third = world.status("front").streams.find(({ path }) => path === "/front/third");
  assert.equal(third?.state, "failed");
  viewer.leave();
  await world.pass(MINUTE);
  assert.equal(world.status("front").state, "idle");
  assert.equal(world.told("state").at(-1)?.error, undefined);
});

test("a stream the camera does not have is forgotten once another one was open", async () => {
  const world = await HubWorld.with(camera("front"));
  world.model("front").pullFates = [OFFLINE];
  assert.equal((await world.open("/front/third")).type, "failed");
  assert.equal(world.status("front").state, "failed", "as nothing else is known of it");
  (await world.watch("/front")).leave();
  await world.pass(MINUTE);
  assert.equal(world.status("front").state, "idle");
});

test("a refused password is tried once, whoever asks however often", async () => {
  const world = new HubWorld();
  const model = world.model("front");
  model.connectFates = [REFUSED];
  await world.hub.reload([camera("front", { mode: "always" })]);
  await world.pass(MINUTE);
  for (let second = 0; second < 100; second++) {
    const failed = await world.open("/front");
    assert.ok(failed.type === "failed" && failed.error.reason === "auth");
    await world.pass(1_000);
  }
  const start = await world.start("front", { wait: "frame" });
  assert.ok(start.type === "failed");
  assert.equal(start.error.advice, "Check it.");
  await world.hub.stop("front", CRON);
  assert.equal((await world.open("/front")).type, "failed");
  await world.hub.put(camera("front", { mode: "on-demand" }));
  await world.hub.put(camera("front", { mode: "always" }));
  await world.pass(HOUR);
  assert.equal(model.connects, 1);
});

test("a refused password of the stream itself is tried once, too", async () => {
  const world = await HubWorld.with(camera("front"));
  const model = world.model("front");
  model.pullFates = [REFUSED];
  for (let count = 0; count < 10; count++) {
    assert.equal((await world.open("/front")).type, "failed");
  }
  assert.deepEqual([model.connects, model.pulls.length], [1, 0]);
});

test("Hub.start() tries a refused password again after a while, and a new one at once", async () => {
  const world = await HubWorld.with(camera("front"));
  const model = world.model("front");
  model.connectFates = [REFUSED, "ok"];
  await world.start("front", { wait: "frame" });
  await world.pass(AUTH_QUARANTINE - MINUTE);
  assert.equal((await world.start("front", { wait: "frame" })).type, "failed");
  await world.pass(2 * MINUTE);
  assert.equal((await world.start("front", { wait: "frame" })).type, "frame");
  model.connectFates = [REFUSED];
  await world.hub.stop("front", CRON);
  await world.open("/front");
  const { address } = camera("other");
  await world.hub.put(camera("front", { address }));
  await world.watch("/front");
  assert.equal(world.model("other").connects, 1);
});

test("a camera's wake budget holds for everybody, and its ledger tells who woke it", async () => {
  const wakeBudget = { wakesPerHour: 2, awakePerDay: undefined, minBattery: undefined };
  const world = await HubWorld.with(camera("yard", { wakeBudget, idle: 10_000 }));
  assert.equal(world.status("yard").state, "sleeping");
  for (const who of ["10.0.0.1", "10.0.0.2"]) {
    const viewer = (await world.open("/yard", who)).type;
    assert.equal(viewer, "source");
    await world.pass(MINUTE);
    assert.equal(world.status("yard").state, "sleeping");
  }
  const spent = await world.open("/yard", "10.0.0.3");
  assert.ok(spent.type === "budget");
  assert.ok(spent.retryAfter > 57 * MINUTE && spent.retryAfter < HOUR);
  const start = await world.start("yard", { for: MINUTE, wait: "frame" });
  assert.equal(start.type, "budget");
  assert.equal(world.status("yard").lease, undefined);
  assert.deepEqual(
    world.hub.wakes("YARD")?.map(({ cause, outcome }) => `${cause.who} ${outcome}`),
    ["10.0.0.1 closed", "10.0.0.2 closed", "10.0.0.3 refused", "cron refused"],
  );
  assert.deepEqual(world.told("wake").map(({ allowed }) => allowed), [true, true, false, false]);
  assert.equal(world.status("yard").counters.wakes, 2);
  assert.equal(world.hub.wakes("back"), undefined);
});

test("an impatient viewer gets no more wakes than the budget has, evenly spread over a day", async () => {
  const wakeBudget = { wakesPerHour: 4, awakePerDay: undefined, minBattery: undefined };
  const world = await HubWorld.with(camera("yard", { wakeBudget, idle: 1_000 }));
  const model = world.model("yard");
  model.connectFates = Array(1_000).fill(SILENT);
  for (let minute = 0; minute < 6 * 60; minute++) {
    const asker = new AbortController();
    const opened = world.hub.open("/yard", { cause: { by: "viewer" }, signal: asker.signal });
    await world.pass(100);
    asker.abort();
    await opened;
    await world.pass(MINUTE);
  }
  assert.ok(model.connects <= 6 * 4 && model.connects > 20, `${model.connects} attempts`);
});

test("the retries of a lost stream spend the wake budget, too", async () => {
  const wakeBudget = { wakesPerHour: 3, awakePerDay: undefined, minBattery: undefined };
  const world = await HubWorld.with(camera("yard", { wakeBudget }));
  const model = world.model("yard");
  const viewer = await world.watch("/yard");
  model.connectFates = Array(100).fill(SILENT);
  model.camera.lose(SILENT);
  await world.pass(10 * MINUTE);
  assert.ok(model.connects <= 3, `${model.connects} attempts`);
  assert.notEqual(viewer.ended, undefined, "and who waits in vain is told");
});

test("a camera that was awake as long as it may be is put to rest, and a lease brings it back", async () => {
  const wakeBudget = { wakesPerHour: undefined, awakePerDay: 10 * MINUTE, minBattery: undefined };
  const world = await HubWorld.with(camera("yard", { wakeBudget }));
  await world.start("yard", { wait: "frame" });
  const viewer = await world.watch("/yard");
  await world.pass(10 * MINUTE);
  assert.equal(viewer.ended, "local");
  assert.equal(world.model("yard").camera.isConnected, false);
  const { lastError, state, retryAt = 0 } = world.status("yard");
  assert.equal(state, "failed");
  assert.match(lastError?.detail ?? "", /kept awake for 10 min within the last day/);
  await world.pass(retryAt - world.clock.wallClock() + 1_000);
  assert.equal(world.status("yard").state, "open");
});

test("a battery is told of, and spared when it is empty", async () => {
  const world = await HubWorld.with(camera("yard", { idle: 1_000 }));
  const viewer = await world.watch("/yard");
  world.model("yard").camera.tell({ type: "battery", battery: { percent: 5, charging: false } });
  assert.equal(world.status("yard").battery?.percent, 5);
  assert.equal(world.told("battery").at(0)?.battery.percent, 5);
  viewer.leave();
  await world.pass(2_000);
  assert.equal(world.status("yard").state, "sleeping");
  const spent = await world.open("/yard");
  assert.ok(spent.type === "budget");
  assert.match(spent.detail, /battery is at 5 %/);
});

test("a change of the way is told of, and a way that failed", async () => {
  const world = await HubWorld.with(camera("front"));
  await world.watch("/front");
  const { camera: fake } = world.model("front");
  fake.tell({ type: "wayFailed", way: "direct", detail: "no answer" });
  fake.tell({ type: "connected", way: "relay" });
  fake.tell({ type: "connecting", state: "locating" });
  assert.equal(world.status("front").way, "relay");
  assert.equal(world.status("front").state, "open", "a further connection changes nothing");
  assert.deepEqual(world.told("way").map(({ way }) => way), ["relay"]);
  assert.deepEqual(world.told("wayFailed").map(({ detail }) => detail), ["no answer"]);
});

test("a lost connection is told of once, although its streams break with it in their own words", async () => {
  const world = await HubWorld.with(camera("front", { mode: "always" }));
  const model = world.model("front");
  await world.pass(1_000);
  const { reason, detail } = SILENT;
  model.camera.tell({ type: "lost", end: SILENT, retryIn: 1_000 });
  model.pull.end({ reason, stage: "open", detail, advice: "" });
  await world.pass(0);
  assert.equal(world.told("error").length, 1);
  assert.equal(world.status("front").lastError?.advice, SILENT.advice);
});

test("Hub.start() that waited in vain leaves nothing behind that goes on trying", async () => {
  const world = await HubWorld.with(camera("front"));
  const model = world.model("front");
  model.connectFates = Array(20).fill(SILENT);
  const late = await world.start("front", { for: 1_000, wait: "frame", timeout: 5_000 });
  assert.equal(late.type, "timedOut");
  const { connects } = model;
  await world.pass(HOUR);
  assert.equal(model.connects, connects);
  const { state, retryAt, lastError } = world.status("front");
  assert.deepEqual([state, retryAt, lastError?.detail], ["failed", undefined, SILENT.detail]);
});

test("Hub.start() that timed out tells why the attempt before failed, and not that another one goes on", async () => {
  const world = await HubWorld.with(camera("front"));
  world.model("front").connectFates = [SILENT, "hang"];
  const late = await world.start("front", { for: MINUTE, wait: "frame", timeout: 5_000 });
  assert.ok(late.type === "timedOut");
  const { stage, detail, advice } = SILENT;
  assert.deepEqual([late.stage, late.detail, late.advice], [stage, detail, advice]);
});
