import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeBroker } from "../../tests/support/fake_broker.ts";
import { FakeHub, idleStatus, openStatus } from "../../tests/support/fake_hub.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { MqttConfig } from "../config/daemon_config.ts";
import { Secret } from "../config/secret.ts";
import type { CameraStatus } from "../hub/camera_status.ts";
import { Log } from "../log/log.ts";
import type { Duration } from "../machine.ts";
import { Rng } from "../sim/rng.ts";
import { MqttBridge } from "./mqtt_bridge.ts";

const CONFIG: MqttConfig = {
  server: new URL("mqtt://broker.example:1883"),
  ca: undefined,
  username: "bridge",
  password: new Secret("hunter2"),
  discoveryPrefix: "homeassistant",
  topic: "sightline",
};

const STATE = "sightline/front/state";

const REFUSAL = { type: "refused", why: "it refuses user name or password" } as const;

const FAILURE = { type: "failed", why: "nothing listens there" } as const;

async function setUp(prepare: (broker: FakeBroker, hub: FakeHub) => void = () => {}) {
  const clock = new VirtualClock();
  const hub = new FakeHub(clock, "front", "yard");
  const broker = new FakeBroker();
  prepare(broker, hub);
  const logged: string[] = [];
  const log = new Log((level, message, fields) => {
    logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  });
  const bridge = new MqttBridge(CONFIG, {
    hub,
    clock,
    entropy: new Rng(3).entropy,
    dial: broker.dial,
    log,
    version: "0.1.0",
    onBug: (error) => {
      throw error;
    },
  });
  await settled();
  const pass = async (duration: Duration, step = 500) => {
    for (let left = duration; left > 0; left -= step) {
      clock.pass(Math.min(step, left));
      await settled();
    }
  };
  const loud = () => logged.filter((line) => !line.startsWith("debug"));
  return { clock, hub, broker, bridge, logged, loud, pass };
}

test("MqttBridge connects with a last will, and shows cameras, entities and itself", async () => {
  const { broker, bridge, clock } = await setUp((_broker, hub) => {
    hub.cameras.set("front", openStatus("front"));
  });
  assert.equal(bridge.isConnected, true);
  const [settings] = broker.dials;
  assert.equal(settings?.password, "hunter2");
  assert.deepEqual(settings?.will, { topic: "sightline/status", payload: "offline" });
  assert.match(settings?.clientId ?? "", /^sightline-[0-9a-f]{12}$/);
  assert.ok((settings?.clientId.length ?? 99) <= 23);
  assert.equal(broker.retained.get("sightline/status"), "online");
  assert.equal(broker.json(STATE)["way"], "relay");
  assert.equal(broker.retained.get("sightline/front/availability"), "online");
  const configs = [...broker.retained.keys()].filter((topic) => topic.endsWith("/config"));
  // Of the bridge; of one with a battery and everything it can be told; of one without.
  assert.equal(configs.length, 1 + 6 + 9 + 5);
  assert.ok(broker.subscriptions.has("sightline/+/set"));
  assert.ok(broker.subscriptions.has("sightline/+/control"));
  await bridge.close();
  assert.equal(clock.timers, 0);
});

test("MqttBridge shows each change, and a camera that is added", async () => {
  const { broker, hub, pass, bridge } = await setUp();
  await pass(1_000);
  hub.cameras.set("front", openStatus("front"));
  hub.events.add({ type: "way", camera: "front", way: "relay" });
  await settled();
  assert.equal(broker.json(STATE)["state"], "open");
  // As the hub does it: told of before it is on the list.
  hub.events.add({ type: "camera", camera: "new", change: "added" });
  hub.cameras.set("new", idleStatus("new"));
  await settled();
  assert.equal(broker.json("sightline/new/state")["state"], "idle");
  await bridge.close();
});

test("MqttBridge takes a removed camera off the broker, and leaves the others", async () => {
  const { broker, hub, bridge, pass } = await setUp();
  const before = broker.retained.size;
  hub.cameras.delete("yard");
  hub.events.add({ type: "camera", camera: "yard", change: "removed" });
  await pass(1_000);
  assert.ok(![...broker.retained.keys()].some((topic) => topic.includes("yard")));
  assert.equal(broker.retained.size, before - 5 - 2);
  assert.equal(broker.json(STATE)["state"], "idle");
  await bridge.close();
});

test("MqttBridge clears cameras of a life before, but none that are there", async () => {
  const { broker, bridge, pass } = await setUp();
  const count = broker.published.length;
  broker.send("sightline/attic/state", "{}", true);
  broker.send("sightline/FRONT/state", "{}", true);
  broker.send("sightline/yard/state", "{}", true);
  broker.send("sightline/live/state", "{}", false);
  broker.send("sightline/no name/state", "{}", true);
  await settled();
  const cleared = broker.published.slice(count);
  assert.ok(cleared.every(({ payload }) => payload === ""));
  const own = cleared.map(({ topic }) => topic).filter((topic) => topic.startsWith("sightline/"));
  assert.deepEqual([...new Set(own.map((topic) => topic.split("/")[1]))], ["attic", "FRONT"]);
  assert.equal(cleared.length, 7 + 11 + 3 + 3);
  assert.ok(broker.retained.has(STATE));
  await pass(6_000);
  assert.ok(!broker.subscriptions.has("sightline/+/state"));
  await bridge.close();
});

test("MqttBridge limits how many made-up cameras it clears", async () => {
  const { broker, bridge } = await setUp();
  for (let i = 0; i < 5_000; i++) broker.send(`sightline/made-up-${i}/state`, "{}", true);
  await bridge.close();
  const cleared = broker.published.filter(({ topic }) => /made-up-\d+\/state/.test(topic));
  assert.equal(cleared.length, 1_024);
});

test("MqttBridge starts and stops cameras, but not for what is retained or no command", async () => {
  const { broker, hub, bridge, loud } = await setUp();
  broker.send("sightline/front/set", "ON", true);
  broker.send("sightline/front/set", "PERHAPS");
  broker.send("sightline/nobody/set", "ON");
  broker.send("sightline/front/set/x", "ON");
  assert.deepEqual(hub.starts, []);
  broker.send("sightline/FRONT/set", "ON");
  await settled();
  broker.send("sightline/front/set", "OFF");
  await settled();
  assert.deepEqual(hub.starts.map(({ name }) => name), ["front"]);
  assert.deepEqual(hub.stops, [{ name: "front", cause: { by: "mqtt" } }]);
  assert.equal(loud().filter((line) => line.startsWith("warn")).length, 2);
  await bridge.close();
});

test("MqttBridge gives orders, but not what is retained or none", async () => {
  const { broker, hub, bridge, loud } = await setUp();
  const order = '{"type":"ptz","direction":"left","for":"2s"}';
  broker.send("sightline/front/control", order, true);
  broker.send("sightline/front/control", "ON");
  broker.send("sightline/nobody/control", order);
  assert.deepEqual(hub.orders, []);
  broker.send("sightline/FRONT/control", order);
  await settled();
  assert.deepEqual(hub.orders, [{
    name: "front",
    order: { type: "ptz", direction: "left", speed: 32, for: 2_000 },
    cause: { by: "mqtt" },
  }]);
  assert.equal(loud().filter((line) => line.startsWith("warn")).length, 2);
  await bridge.close();
});

test("MqttBridge shows entities once a camera has said what it can be told, and clears others", async () => {
  const { broker, hub, bridge, pass } = await setUp();
  const entities = () => [...broker.retained.keys()].filter((topic) => /\/button\//.test(topic));
  assert.deepEqual(entities(), []);
  const know = async (controls: CameraStatus["controls"]) => {
    hub.cameras.set("front", idleStatus("front", { controls }));
    hub.events.add({ type: "controls", camera: "front", controls: controls ?? [] });
    await pass(1_500);
    return entities().map((topic) => topic.split("/").at(-2));
  };
  const moves = { type: "ptz", directions: ["left", "right"] } as const;
  assert.deepEqual(await know([moves, { type: "reboot" }]), ["ptz_left", "ptz_right", "reboot"]);
  assert.deepEqual(await know([{ type: "reboot" }]), ["reboot"]);
  hub.cameras.delete("front");
  hub.events.add({ type: "camera", camera: "front", change: "removed" });
  await pass(1_500);
  assert.deepEqual(entities(), []);
  await bridge.close();
});

test("MqttBridge comes back after a loss, later each time, and shows everything anew", async () => {
  const { broker, bridge, pass, loud } = await setUp();
  const all = broker.retained.size;
  broker.refusals.push(FAILURE, FAILURE, FAILURE);
  broker.cut();
  await settled();
  assert.equal(bridge.isConnected, false);
  await pass(20_000);
  assert.equal(bridge.isConnected, true);
  assert.equal(broker.dials.length, 5);
  assert.equal(broker.retained.size, all);
  const said = loud().map((line) => line.split(" {")[0]);
  assert.deepEqual(said, [
    "info mqtt: connected",
    "warn mqtt: connection lost",
    "warn mqtt: failed",
    "info mqtt: connected",
  ]);
  await bridge.close();
});

test("MqttBridge tries a refused password every few minutes, and says so once", async () => {
  const { broker, bridge, pass, loud } = await setUp((broker) => {
    for (let i = 0; i < 100; i++) broker.refusals.push(REFUSAL);
  });
  await pass(3_600_000, 10_000);
  assert.ok(broker.dials.length >= 12 && broker.dials.length <= 17, String(broker.dials.length));
  assert.equal(loud().length, 1);
  assert.match(loud()[0] ?? "", /^warn mqtt: refused .*refuses user name or password/);
  assert.doesNotMatch(loud().join("\n"), /hunter2/);
  await bridge.close();
});

test("MqttBridge goes on without commands where the broker refuses the subscription", async () => {
  const { broker, bridge, loud } = await setUp((broker) => {
    broker.refusesSubscriptions = true;
  });
  assert.ok(broker.retained.has(STATE));
  assert.match(loud().join("\n"), /no commands.*sightline\/\+\/set/);
  await bridge.close();
});

test("MqttBridge offers and shows the picture of an open camera, once where it stays", async () => {
  const { broker, hub, bridge, pass } = await setUp((_broker, hub) => {
    hub.cameras.set("front", openStatus("front"));
    hub.picture = { type: "picture", bytes: Uint8Array.of(0xff, 0xd8), age: 0 };
  });
  await pass(200_000);
  assert.equal(broker.count("sightline/front/snapshot"), 1);
  assert.ok([...broker.retained.keys()].some((topic) => /^homeassistant\/image\//.test(topic)));
  hub.picture = { type: "picture", bytes: Uint8Array.of(0xff, 0xd8, 1), age: 0 };
  await pass(60_000);
  assert.equal(broker.count("sightline/front/snapshot"), 2);
  await bridge.close();
});

test("close() says that the bridge is gone, and with `forget` leaves nothing", async () => {
  const { broker, bridge } = await setUp();
  await bridge.close();
  assert.equal(broker.retained.get("sightline/status"), "offline");
  assert.equal(broker.goodbyes, 1);

  const other = await setUp();
  await other.bridge.close({ forget: true });
  assert.deepEqual([...other.broker.retained.keys()], []);
  assert.equal(other.clock.timers, 0);
});

test("close() does not wait for a broker that confirms nothing, nor for one that is away", async () => {
  const { broker, bridge, pass, clock } = await setUp();
  broker.confirms = false;
  const closing = bridge.close();
  await pass(2_000);
  await closing;
  assert.equal(clock.timers, 0);

  const away = await setUp((broker) => broker.refusals.push(FAILURE));
  await away.bridge.close();
  assert.equal(away.clock.timers, 0);
});
