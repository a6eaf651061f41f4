import assert from "node:assert/strict";
import { test } from "node:test";
import { camera, CRON, HubWorld } from "../../tests/support/hub_world.ts";
import { settled } from "../../tests/support/virtual_clock.ts";
import { parseCameraAddress } from "../config/camera_address.ts";
import type { PortForward } from "../config/daemon_config.ts";
import { ListenError } from "../io/errors.ts";
import { MAX_CAMERAS } from "./camera_hub.ts";

const MINUTE = 60_000;

function forward(port: number, devicePort = 80): PortForward {
  return { listen: { address: "127.0.0.1", port }, devicePort };
}

test("CameraHub lists its cameras in order, with the paths they have", async () => {
  const world = await HubWorld.with(camera("front"), camera("Back", { mode: "manual" }));
  const [front, back] = world.hub.list();
  assert.deepEqual([front?.name, back?.name], ["front", "Back"]);
  assert.deepEqual(back?.paths, ["/Back", "/Back/sub"]);
  assert.deepEqual([back?.mode, back?.state, back?.origin], ["manual", "idle", "config"]);
  assert.equal(world.hub.get("BACK")?.name, "Back");
  assert.equal(world.hub.get("side"), undefined);
});

test("CameraHub.put() adds, changes and leaves alone", async () => {
  const world = new HubWorld();
  const added = await world.hub.put(camera("front"));
  assert.ok(added.type === "added");
  assert.equal(added.status.origin, "runtime");
  const viewer = await world.watch("/front");
  assert.equal((await world.hub.put(camera("FRONT"))).type, "unchanged");
  const changed = await world.hub.put(camera("front", { idle: 5_000, mode: "always" }));
  assert.ok(changed.type === "changed");
  assert.equal(changed.restarted, false);
  assert.equal(changed.status.mode, "always");
  assert.equal(viewer.ended, undefined);
  const address = parseCameraAddress("dahua://admin:new@OTHER0000000");
  const moved = await world.hub.put(camera("front", { address }));
  assert.ok(moved.type === "changed");
  assert.equal(moved.restarted, true);
  assert.equal(viewer.ended, "local");
  assert.deepEqual(world.told("camera").map(({ change }) => change), [
    "added",
    "changed",
    "changed",
  ]);
});

test("CameraHub.put() refuses what it cannot have", async () => {
  const world = new HubWorld();
  world.taken.add(8081);
  const port = await world.hub.put(camera("front", { forward: [forward(8081)] }));
  assert.ok(port.type === "refused");
  assert.equal(port.why, "listen");
  assert.equal(world.hub.list().length, 0);
  for (let count = 0; count < MAX_CAMERAS; count++) await world.hub.put(camera(`c${count}`));
  const limit = await world.hub.put(camera("front"));
  assert.ok(limit.type === "refused");
  assert.equal(limit.why, "limit");
});

test("CameraHub.remove() ends viewers and ports, and forgets the camera", async () => {
  const world = await HubWorld.with(camera("front", { forward: [forward(8081)] }));
  const viewer = await world.watch("/front");
  assert.deepEqual(await world.hub.remove("FRONT"), { type: "removed" });
  assert.equal(viewer.ended, "local");
  assert.equal(world.listening.size, 0);
  assert.equal(world.hub.get("front"), undefined);
  assert.deepEqual(await world.hub.remove("front"), { type: "unknown" });
  assert.equal(world.told("state").at(-1)?.detail, "it was removed");
  assert.equal(world.clock.timers, 0);
});

test("CameraHub.reload() touches only what changed", async () => {
  const [same, idle, moved, gone] = ["same", "idle", "moved", "gone"].map((name) => camera(name));
  assert.ok(same && idle && moved && gone);
  const world = await HubWorld.with(same, idle, moved, gone);
  const viewers = {
    same: await world.watch("/same"),
    idle: await world.watch("/idle"),
    moved: await world.watch("/moved"),
    gone: await world.watch("/gone"),
  };
  const address = parseCameraAddress("dahua://NEW000000000");
  const report = await world.hub.reload([
    camera("fresh"),
    camera("same"),
    { ...idle, idle: 1_000 },
    { ...moved, address },
  ]);
  assert.deepEqual(report, {
    added: ["fresh"],
    changed: ["idle"],
    restarted: ["moved"],
    removed: ["gone"],
  });
  assert.deepEqual(Object.values(viewers).map(({ ended }) => ended), [
    undefined,
    undefined,
    "local",
    "local",
  ]);
  assert.deepEqual(world.hub.list().map(({ name }) => name), ["fresh", "same", "idle", "moved"]);
  await world.pass(10_000);
  assert.equal(world.model("same").pulls.length, 1);
  viewers.idle.leave();
  await world.pass(2_000);
  assert.equal(world.status("idle").state, "idle");
});

test("CameraHub.reload() keeps what was added at run time, and gives the file its cameras back", async () => {
  const world = await HubWorld.with(camera("front"), camera("back"));
  await world.hub.put(camera("guest"));
  await world.hub.put(camera("front", { idle: 1 }));
  await world.hub.remove("back");
  const report = await world.hub.reload([camera("front"), camera("back")]);
  assert.deepEqual(report, {
    added: ["back"],
    changed: ["front"],
    restarted: [],
    removed: [],
  });
  assert.deepEqual(world.hub.list().map(({ name, origin }) => `${name} ${origin}`), [
    "front config",
    "back config",
    "guest runtime",
  ]);
  await world.hub.reload([camera("guest")]);
  assert.deepEqual(world.hub.list().map(({ name, origin }) => `${name} ${origin}`), [
    "guest config",
  ]);
});

test("CameraHub.reload() takes a camera that is spelled in another way for another one", async () => {
  const world = await HubWorld.with(camera("front"));
  const { added, removed } = await world.hub.reload([camera("Front")]);
  assert.deepEqual([added, removed], [["Front"], ["front"]]);
  assert.equal(world.hub.list().length, 1);
});

test("CameraHub.reload() changes nothing when the new cameras cannot be had", async () => {
  const world = await HubWorld.with(camera("front", { forward: [forward(8081)] }));
  const viewer = await world.watch("/front");
  world.taken.add(8082);
  await assert.rejects(
    world.hub.reload([camera("back", { forward: [forward(8083), forward(8082)] })]),
    ListenError,
  );
  assert.equal(viewer.ended, undefined);
  assert.deepEqual([...world.listening.keys()], [8081]);
  assert.deepEqual(world.hub.list().map(({ name }) => name), ["front"]);
});

test("a lease survives a reload, of another address too, and still ends on time", async () => {
  const world = await HubWorld.with(camera("front"));
  await world.start("front", { for: 10 * MINUTE, wait: "frame" });
  await world.pass(5 * MINUTE);
  await world.hub.reload([camera("front", { idle: 1_000, mode: "manual" })]);
  await world.pass(MINUTE);
  assert.equal(world.model("front").pulls.length, 1);
  const address = parseCameraAddress("dahua://OTHER0000000");
  await world.hub.reload([camera("front", { address })]);
  await world.pass(MINUTE);
  assert.equal(world.status("front").state, "open");
  assert.equal(world.model("other").pulls.length, 1);
  await world.pass(2.9 * MINUTE);
  assert.equal(world.status("front").state, "open");
  await world.pass(0.2 * MINUTE);
  assert.equal(world.status("front").state, "idle");
});

test("a camera that becomes manual ends the viewers nobody started it for", async () => {
  const world = await HubWorld.with(camera("front"));
  const viewer = await world.watch("/front");
  const { restarted } = await world.hub.reload([camera("front", { mode: "manual" })]);
  assert.deepEqual(restarted, ["front"]);
  assert.equal(viewer.ended, "local");
});

test("forwarded ports reach the camera, keep it open, and let it go", async () => {
  const world = await HubWorld.with(
    camera("front", { idle: 10_000, forward: [forward(8081), forward(8443, 443)] }),
  );
  assert.deepEqual(world.status("front").forwards, [
    { listen: "127.0.0.1:8081", devicePort: 80 },
    { listen: "127.0.0.1:8443", devicePort: 443 },
  ]);
  const client = world.connect(8081);
  await world.pass(500);
  assert.equal(world.status("front").state, "open");
  assert.deepEqual(world.hub.wakes("front")?.at(0)?.cause, { by: "forward", who: "80" });
  client.abort();
  await world.pass(2_000);
  assert.equal(world.status("front").state, "idle");
  assert.equal(world.model("front").camera.isConnected, true);
  await world.pass(10_000);
  assert.equal(world.model("front").camera.isConnected, false);
});

test("CameraHub.reload() moves ports between cameras, and leaves connections to the others alone", async () => {
  const world = await HubWorld.with(
    camera("front", { forward: [forward(8081), forward(8082)] }),
    camera("back"),
  );
  const stays = world.connect(8081);
  const moves = world.connect(8082);
  await world.pass(500);
  await world.hub.reload([
    camera("front", { forward: [forward(8081)] }),
    camera("back", { forward: [forward(8082), forward(8083)] }),
  ]);
  await settled();
  assert.deepEqual(world.status("back").forwards.map(({ listen }) => listen), [
    "127.0.0.1:8083",
    "127.0.0.1:8082",
  ]);
  await assert.rejects(moves.read());
  let isOver = false;
  void stays.read().then(() => isOver = true, () => isOver = true);
  await settled();
  assert.equal(isOver, false);
  world.connect(8082);
  await world.pass(500);
  assert.equal(world.status("back").state, "open");
});

test("forwarded ports of a manual camera are closed to everybody without a lease", async () => {
  const world = await HubWorld.with(camera("front", { mode: "manual", forward: [forward(8081)] }));
  const client = world.connect(8081);
  await world.pass(500);
  await assert.rejects(client.read());
  assert.equal(world.model("front").connects, 0);
});

test("CameraHub.close() ends everything in order, and refuses what comes after", async () => {
  const world = await HubWorld.with(
    camera("front", { mode: "always", forward: [forward(8081)] }),
    camera("back"),
  );
  await world.start("back", { for: MINUTE, wait: "frame" });
  const viewer = await world.watch("/back");
  await world.hub.close();
  assert.equal(viewer.ended, "local");
  assert.equal(world.listening.size, 0);
  assert.equal(world.clock.timers, 0, "no timer is left");
  assert.deepEqual(world.hub.list().map(({ state }) => state), ["idle", "idle"]);
  assert.ok([...world.models.values()].every(({ camera: { isClosed } }) => isClosed));
  const refused = [
    await world.hub.start("front", { cause: CRON }),
    await world.open("/front"),
    await world.hub.put(camera("side")),
  ];
  for (const one of refused) assert.equal(one.type === "refused" && one.why, "closing");
});

test("no event, status or ledger holds a password or a serial number", async () => {
  const address = parseCameraAddress("dahua://admin:s3cret@4K0123PAZ00001");
  const world = await HubWorld.with(camera("front", { address }));
  await world.start("front", { for: MINUTE, wait: "frame" });
  await world.watch("/front");
  await world.hub.put(camera("front"));
  await world.hub.remove("front");
  const shown = JSON.stringify([world.events, world.hub.list(), world.hub.wakes("front")]);
  assert.doesNotMatch(shown, /s3cret|4K0123PAZ00001/);
});

test("CameraHub.visit() asks the wake budget of the camera behind an address, and tells the ledger", async () => {
  const wakeBudget = { wakesPerHour: 2, awakePerDay: 30 * MINUTE, minBattery: undefined };
  const world = await HubWorld.with(camera("yard", { wakeBudget }), camera("front"));
  const { address } = camera("yard");
  const first = world.hub.visit(address, CRON);
  assert.ok(typeof first === "function");
  world.clock.pass(MINUTE);
  first();
  const [wake, ...others] = world.hub.wakes("yard") ?? [];
  assert.deepEqual([wake?.cause, wake?.outcome, wake?.connectedFor], [CRON, "closed", MINUTE]);
  assert.match(wake?.detail ?? "", /the doctor examined it/);
  assert.equal(others.length, 0);
  assert.equal(world.hub.get("yard")?.counters.wakes, 1);
  const again = world.hub.visit(address, CRON);
  assert.ok(typeof again !== "function");
  assert.equal(again.type, "budget");
  assert.ok(again.retryAfter > 20 * MINUTE, "one who keeps asking has to wait");
  assert.equal(world.hub.wakes("yard")?.at(-1)?.outcome, "refused");
  const stranger = world.hub.visit(parseCameraAddress("dahua://STRANGER00001"), CRON);
  assert.equal(typeof stranger, "function", "a camera of nobody here has no budget");
});

test("CameraHub.visit() costs no wake while the camera is connected anyway", async () => {
  const wakeBudget = { wakesPerHour: 1, awakePerDay: undefined, minBattery: undefined };
  const world = await HubWorld.with(camera("yard", { wakeBudget }));
  const viewer = await world.watch("/yard");
  const visit = world.hub.visit(camera("yard").address, CRON);
  assert.ok(typeof visit === "function");
  visit();
  assert.equal(viewer.ended, undefined);
  assert.deepEqual(world.hub.wakes("yard")?.map(({ outcome }) => outcome), ["connected", "closed"]);
});
