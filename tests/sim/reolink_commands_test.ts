import assert from "node:assert/strict";
import { test } from "node:test";
import { READ_ABILITY } from "../../lib/reolink/baichuan/commands/ability.ts";
import { ALARM_EVENTS } from "../../lib/reolink/baichuan/commands/alarm_events.ts";
import { BATTERY_LIST, READ_BATTERY } from "../../lib/reolink/baichuan/commands/battery.ts";
import { SWITCH_FLOODLIGHT } from "../../lib/reolink/baichuan/commands/floodlight.ts";
import { FLOODLIGHT_STATUS_LIST } from "../../lib/reolink/baichuan/commands/floodlight_status.ts";
import { READ_LED } from "../../lib/reolink/baichuan/commands/led_read.ts";
import { WRITE_LED } from "../../lib/reolink/baichuan/commands/led_write.ts";
import { PING } from "../../lib/reolink/baichuan/commands/ping.ts";
import { changePirSettings } from "../../lib/reolink/baichuan/commands/pir.ts";
import { READ_PIR } from "../../lib/reolink/baichuan/commands/pir_read.ts";
import { WRITE_PIR } from "../../lib/reolink/baichuan/commands/pir_write.ts";
import { CONTROL_PTZ } from "../../lib/reolink/baichuan/commands/ptz_control.ts";
import { CONTROL_PTZ_PRESET } from "../../lib/reolink/baichuan/commands/ptz_preset.ts";
import { READ_PTZ_PRESETS } from "../../lib/reolink/baichuan/commands/ptz_presets.ts";
import { PLAY_SIREN, sirenOrder } from "../../lib/reolink/baichuan/commands/siren.ts";
import { READ_STREAM_LIST } from "../../lib/reolink/baichuan/commands/stream_list.ts";
import { READ_SUPPORT } from "../../lib/reolink/baichuan/commands/support.ts";
import { READ_TALK_ABILITY } from "../../lib/reolink/baichuan/commands/talk_ability.ts";
import { START_TALK } from "../../lib/reolink/baichuan/commands/talk_config.ts";
import { TALK_DATA } from "../../lib/reolink/baichuan/commands/talk_data.ts";
import { STOP_TALK } from "../../lib/reolink/baichuan/commands/talk_stop.ts";
import { localTime, wallClockOf } from "../../lib/reolink/baichuan/commands/time.ts";
import { READ_TIME } from "../../lib/reolink/baichuan/commands/time_read.ts";
import { WRITE_TIME } from "../../lib/reolink/baichuan/commands/time_write.ts";
import { READ_UID } from "../../lib/reolink/baichuan/commands/uid.ts";
import { READ_VERSION } from "../../lib/reolink/baichuan/commands/version.ts";
import { WATCH_EVENTS } from "../../lib/reolink/baichuan/commands/watch_events.ts";
import { READ_ZOOM_FOCUS } from "../../lib/reolink/baichuan/commands/zoom_focus_read.ts";
import { CONTROL_ZOOM_FOCUS } from "../../lib/reolink/baichuan/commands/zoom_focus_write.ts";
import { ReolinkWorld, UID } from "../support/reolink_world.ts";
import { EPOCH } from "../support/virtual_topologies.ts";
import { watch } from "../support/reolink_media.ts";

const CHANNEL_0 = { channel: 0 };

test("a camera tells of itself", () => {
  const world = new ReolinkWorld({
    camera: { name: "Yard", model: "RLC-7", streams: { extern: "h264" } },
  });
  const client = world.logIn();
  const version = client.get(READ_VERSION, {});
  assert.deepEqual([version.name, version.model], ["Yard", "RLC-7"]);
  for (const value of Object.values(version)) assert.notEqual(value, "");
  assert.deepEqual(client.get(PING, {}), { type: "LAN" });
  assert.deepEqual(client.get(READ_UID, {}), { uid: UID });
  const [{ tables = [] } = {}] = client.get(READ_STREAM_LIST, {});
  assert.deepEqual(tables.map(({ type }) => type), ["mainStream", "subStream", "externStream"]);
  for (const { defaultFramerate, framerates } of tables) {
    assert.equal(defaultFramerate, 25);
    assert.ok(framerates?.includes(25));
  }
  const { userName, abilities } = client.get(READ_ABILITY, { userName: "admin", categories: "x" });
  assert.equal(userName, "admin");
  assert.ok(abilities.some(({ name, mayChange }) => name === "preview" && mayChange));
  const support = client.get(READ_SUPPORT, {});
  assert.deepEqual([support.noExternStream, support.items[0]?.battery], [0, 0]);
  assert.equal(client.askRaw(58).payload.type, "xml");
  assert.equal(client.askRaw(115).header.code, 200);
  assert.equal(client.askRaw(145).header.code, 200);
  assert.equal(client.askRaw(438).header.code, 200);
});

test("a camera on mains has no battery to tell of", () => {
  assert.equal(new ReolinkWorld().logIn().ask(READ_BATTERY, CHANNEL_0).header.code, 400);
});

test("a camera just woken refuses for 3 s what it is not ready for, and nothing else", () => {
  const battery = { wakeTime: "1s", sleepAfter: "30s", percent: 42.4, drainAwake: 0 };
  const world = new ReolinkWorld({ camera: { power: "battery", battery } });
  world.command((camera, now) => camera.move(now));
  world.world.runUntil(() => world.camera.power.state === "awake", 1_000);
  const start = world.now;
  const client = world.logIn();
  const codes = (ids: readonly number[]) => ids.map((id) => client.askRaw(id).header.code);
  assert.deepEqual(codes([104, 212, 37, 253]), [400, 400, 400, 400]);
  assert.deepEqual(codes([93, 146, 151]), [200, 200, 200]);
  assert.equal(watch(client).header.code, 200);
  world.world.runFor(3_000 - (world.now - start));
  assert.deepEqual(codes([104, 212, 37, 253]), [200, 200, 200, 200]);
  const { percent, lowPower, voltage } = client.get(READ_BATTERY, CHANNEL_0);
  assert.deepEqual([percent, lowPower], [42, false]);
  assert.ok(voltage !== undefined && voltage > 3_300);
  world.world.runFor(60_000);
  assert.ok(client.pushes(BATTERY_LIST).length >= 2, "and tells of the battery now and then");
});

test("a camera's clock can be read and set", () => {
  const world = new ReolinkWorld();
  const client = world.logIn();
  const read = () => wallClockOf(client.get(READ_TIME, {}));
  assert.ok(Math.abs(read() - (EPOCH + world.now)) <= 1_000);
  const wanted = Date.UTC(2024, 1, 29, 23, 59, 58);
  assert.equal(client.ask(WRITE_TIME, localTime(wanted, 25_200)).header.code, 200);
  assert.equal(read(), wanted);
  assert.equal(client.get(READ_TIME, {}).utcOffset, 25_200);
  world.world.runFor(3_000);
  assert.equal(read(), wanted + 3_000);
});

test("a camera refuses a time that no clock can show", () => {
  const world = new ReolinkWorld();
  const client = world.logIn();
  const good = localTime(Date.UTC(2030, 0, 1), 0);
  const before = client.get(READ_TIME, {});
  const wrongs = [{ year: 999_999 }, { month: 2 ** 50 }, { utcOffset: 2 ** 50 }, { year: 0 }];
  for (const wrong of wrongs) {
    assert.equal(client.ask(WRITE_TIME, { ...good, ...wrong }).header.code, 400);
  }
  assert.equal(client.get(READ_TIME, {}).year, before.year);
});

test("what a camera is told to do can be seen in its state and read back", () => {
  const world = new ReolinkWorld();
  const client = world.logIn();
  const { state } = world.camera;
  client.ask(WRITE_LED, { channel: 0, infrared: "close", status: "close" });
  assert.deepEqual(client.get(READ_LED, CHANNEL_0), {
    channel: 0,
    version: 2,
    infrared: "close",
    status: "close",
  });
  client.ask(CONTROL_PTZ, { channel: 0, speed: 20, command: "left" });
  assert.equal(state.ptz.command, "left");
  client.ask(CONTROL_PTZ, { channel: 0, speed: 20, command: "stop" });
  assert.equal(state.ptz.command, "stop");
  const set = { id: 3, name: "gate", command: "setPos" };
  assert.equal(client.ask(CONTROL_PTZ_PRESET, { channel: 0, presets: [set] }).header.code, 200);
  const go = (id: number) => {
    const presets = [{ id, command: "toPos" }];
    return client.ask(CONTROL_PTZ_PRESET, { channel: 0, presets }).header.code;
  };
  assert.deepEqual([go(3), go(4), state.preset], [200, 400, 3]);
  const { presets } = client.get(READ_PTZ_PRESETS, CHANNEL_0);
  assert.deepEqual(presets, [{ id: 3, name: "gate", command: "toPos" }]);
  client.ask(CONTROL_ZOOM_FOCUS, { channel: 0, command: "zoomPos", position: 2_000 });
  assert.equal(client.get(READ_ZOOM_FOCUS, CHANNEL_0).zoom?.current, 2_000);
  client.ask(PLAY_SIREN, sirenOrder(0, "on"));
  assert.equal(state.siren?.on, true);
  const pir = client.get(READ_PIR, CHANNEL_0);
  assert.equal(pir.settings?.enabled, true);
  const element = changePirSettings(pir.element, { enabled: false });
  client.ask(WRITE_PIR, { channel: 0, element });
  assert.equal(client.get(READ_PIR, CHANNEL_0).settings?.enabled, false);
});

test("a floodlight goes off by itself, and every client is told", () => {
  const world = new ReolinkWorld();
  const [client, other] = [world.logIn(), world.logIn()];
  client.ask(SWITCH_FLOODLIGHT, { channel: 0, on: true, duration: 5 });
  assert.equal(world.camera.state.floodlight, true);
  world.world.runFor(5_000);
  assert.equal(world.camera.state.floodlight, false);
  for (const one of [client, other]) {
    const told = one.pushes(FLOODLIGHT_STATUS_LIST).flat().map(({ on }) => on);
    assert.deepEqual(told, [false, true, false]);
  }
});

test("a camera that is asked for events tells how things are, and of every change", () => {
  const world = new ReolinkWorld();
  const [client, other] = [world.logIn(), world.logIn()];
  assert.equal(client.ask(WATCH_EVENTS, {}).header.code, 200);
  world.command((camera, now) => camera.move(now, ["people", "dog_cat"]));
  world.world.runFor(11_000);
  const seen = client.pushes(ALARM_EVENTS).flat().map(({ status, aiType }) => [status, aiType]);
  assert.deepEqual(seen, [["none", "none"], ["MD", "people,dog_cat"], ["none", "none"]]);
  assert.deepEqual(other.pushes(ALARM_EVENTS), []);
});

test("a camera lets one client at a time talk, and says 422 to others", () => {
  const world = new ReolinkWorld();
  const [client, other] = [world.logIn(), world.logIn()];
  const { configs: [config], duplexes: [duplex = ""], modes: [mode = ""] } = client
    .get(READ_TALK_ABILITY, CHANNEL_0);
  assert.ok(config !== undefined);
  const { priority: _, ...wanted } = config;
  const order = { channel: 0, duplex, mode, config: wanted };
  const media = new Uint8Array(524);
  assert.equal(client.ask(TALK_DATA, { channel: 0, media }).header.code, 400);
  assert.equal(client.ask(START_TALK, order).header.code, 200);
  assert.equal(other.ask(START_TALK, order).header.code, 422);
  assert.equal(client.ask(TALK_DATA, { channel: 0, media }).header.code, 200);
  assert.deepEqual([world.camera.state.talk.messages, world.camera.state.talk.bytes], [1, 524]);
  assert.equal(other.ask(STOP_TALK, CHANNEL_0).header.code, 200);
  assert.equal(other.ask(START_TALK, order).header.code, 200);
  const odd = { ...order, config: { ...wanted, sampleRate: 8_000 } };
  assert.equal(other.ask(START_TALK, odd).header.code, 400);
});

test("a camera restarts when it is told to, and all its sessions end", () => {
  const world = new ReolinkWorld();
  const client = world.logIn();
  assert.equal(client.askRaw(23).header.code, 200);
  world.world.runFor(999);
  assert.equal(world.camera.sessions, 1);
  world.world.runFor(1);
  assert.equal(world.camera.sessions, 0);
  const states = world.cameraEvents.flatMap((one) => one.type === "power" ? [one.state] : []);
  assert.deepEqual(states, ["awake", "session", "booting", "awake"]);
  assert.equal(world.camera.state.counters.reboots, 1);
  assert.equal(world.logIn().askRaw(93).header.code, 200);
});

test("some cameras obey orders and never answer them", () => {
  const world = new ReolinkWorld({ camera: { quirks: { unanswered: [209] } } });
  const client = world.logIn();
  const order = { channel: 0, infrared: "close" };
  assert.throws(() => client.ask(WRITE_LED, order));
  assert.equal(world.camera.state.led.infrared, "close");
});
