import assert from "node:assert/strict";
import { test } from "node:test";
import { CAMERA_STATES, WAYS } from "../hub/camera_status.ts";
import type { Control } from "../hub/controls.ts";
import { controlFeatures } from "./control_entities.ts";
import { bridgeDiscovery, cameraDiscovery, cameraDiscoveryTopics } from "./discovery.ts";
import type { Feature } from "./entity.ts";
import { parseOrder } from "./command.ts";
import { Topics } from "./topics.ts";

const TOPICS = new Topics({ topic: "home/cams", discoveryPrefix: "homeassistant" });

const CONTROLS: readonly Control[] = [
  { type: "light" },
  { type: "siren" },
  { type: "led" },
  { type: "pir" },
  { type: "ptz", directions: ["left", "right", "up", "down", "left-up", "in", "out"] },
  { type: "preset", presets: [{ id: 3, name: "gate of the owner" }] },
  { type: "zoom", min: 1_000, max: 5_000 },
  { type: "reboot" },
];

const ALL: ReadonlySet<Feature> = new Set([
  "battery",
  "picture",
  ...controlFeatures(CONTROLS),
]);

const messages = (name = "front", features = ALL) =>
  cameraDiscovery(TOPICS, { name, vendor: "reolink" }, features, "0.1.0");

/** As Home Assistant's documentation of MQTT discovery has it. */
const TOPIC = /^homeassistant\/(\w+)\/([A-Za-z0-9_-]+)\/([A-Za-z0-9_-]+)\/config$/;

/** What each kind of entity may have there, and must. */
const COMMON = [
  "availability",
  "availability_mode",
  "device",
  "entity_category",
  "icon",
  "json_attributes_template",
  "json_attributes_topic",
  "name",
  "origin",
  "qos",
  "unique_id",
];

const OPTIONS: Readonly<Record<string, { readonly may: string[]; readonly must: string[] }>> = {
  sensor: {
    may: ["device_class", "options", "state_class", "unit_of_measurement", "value_template"],
    must: ["state_topic"],
  },
  binary_sensor: {
    may: ["device_class", "payload_on", "payload_off", "value_template"],
    must: ["state_topic"],
  },
  switch: {
    may: ["state_topic", "payload_on", "payload_off", "value_template"],
    must: ["command_topic"],
  },
  button: { may: ["device_class"], must: ["command_topic", "payload_press"] },
  image: { may: ["content_type"], must: ["image_topic"] },
};

test("cameraDiscovery() gives messages with the options Home Assistant documents", () => {
  for (const { topic, config } of [...messages(), bridgeDiscovery(TOPICS, "0.1.0")]) {
    const [, component = ""] = TOPIC.exec(topic) ?? [];
    const { may = [], must = [] } = OPTIONS[component] ?? {};
    assert.ok(must.length > 0, topic);
    for (const key of Object.keys(config)) {
      assert.ok([...COMMON, ...may, ...must].includes(key), `${topic}: ${key}`);
    }
    for (const key of [...must, "name", "unique_id", "device"]) assert.ok(key in config, key);
    const device = config["device"] as Readonly<Record<string, unknown>>;
    assert.equal((device["identifiers"] as string[]).length, 1);
    assert.ok((config["origin"] as { readonly name: string }).name);
  }
});

test("cameraDiscovery() gives every entity a topic and an identifier of its own", () => {
  const all = [...messages("front"), ...messages("yard"), bridgeDiscovery(TOPICS, "0.1.0")];
  assert.equal(new Set(all.map(({ topic }) => topic)).size, all.length);
  assert.equal(new Set(all.map(({ config }) => config["unique_id"])).size, all.length);
});

test("cameraDiscovery() keeps identifiers whatever the features and capitals of a name", () => {
  const ids = (from: ReturnType<typeof messages>) => from.map(({ config }) => config["unique_id"]);
  assert.deepEqual(ids(messages("Front")), ids(messages("front")));
  assert.ok(ids(messages()).every((id) => /^sightline_[0-9a-f]{16}_\w+$/.test(String(id))));
  const other = new Topics({ topic: "other", discoveryPrefix: "homeassistant" });
  assert.notEqual(other.cameraId("front"), TOPICS.cameraId("front"));
});

test("cameraDiscovery() offers battery and picture only where there are such", () => {
  const objects = (features: ReadonlySet<Feature>) =>
    messages("front", features).map(({ topic }) => TOPIC.exec(topic)?.[3]);
  const plain = ["stream", "state", "way", "viewers", "problem"];
  assert.deepEqual(objects(new Set()), plain);
  const both = new Set<Feature>(["battery", "picture"]);
  assert.deepEqual([...objects(both)].sort(), [...plain, "battery", "snapshot"].sort());
  assert.deepEqual(cameraDiscoveryTopics(TOPICS, "front"), messages().map(({ topic }) => topic));
});

test("cameraDiscovery() tells enums all their options, and what they are read from", () => {
  const of = (object: string) =>
    messages().find(({ topic }) => topic.endsWith(`/${object}/config`))?.config ?? {};
  assert.deepEqual(of("state")["options"], CAMERA_STATES);
  assert.deepEqual(of("way")["options"], ["none", ...WAYS]);
  assert.deepEqual(
    [of("battery")["device_class"], of("battery")["unit_of_measurement"]],
    ["battery", "%"],
  );
  assert.equal(of("stream")["command_topic"], "home/cams/front/set");
  assert.equal(of("stream")["state_topic"], "home/cams/front/state");
  assert.equal(of("snapshot")["image_topic"], "home/cams/front/snapshot");
  assert.deepEqual(of("snapshot")["availability"], [
    { topic: "home/cams/status" },
    { topic: "home/cams/front/availability" },
  ]);
  assert.deepEqual(of("state")["availability"], [{ topic: "home/cams/status" }]);
});

test("Topics tells a camera from a topic, and from nothing else", () => {
  assert.equal(TOPICS.cameraOf("home/cams/front/set", "set"), "front");
  assert.equal(TOPICS.cameraOf("home/cams/front/state", "state"), "front");
  for (const topic of ["home/cams/set", "home/cams/front/state", "other/front/set", "front/set"]) {
    assert.ok(!TOPICS.cameraOf(topic, "set"), topic);
  }
});

test("cameraDiscovery() offers what a camera says that it can be told, while it is open", () => {
  const objects = (controls: readonly Control[]) =>
    messages("front", new Set(controlFeatures(controls))).slice(5);
  assert.deepEqual(objects([]), []);
  const names = objects(CONTROLS).map(({ topic }) => TOPIC.exec(topic)?.slice(1, 4).join(" "));
  const id = TOPICS.cameraId("front");
  assert.deepEqual(names, [
    ...["light", "led", "pir"].map((name) => `switch ${id} ${name}`),
    `button ${id} siren`,
    ...["left", "right", "up", "down", "in", "out"].map((name) => `button ${id} ptz_${name}`),
    `button ${id} reboot`,
  ]);
  for (const { config } of objects(CONTROLS)) {
    assert.equal(config["command_topic"], "home/cams/front/control");
    const [, open] = config["availability"] as Readonly<Record<string, string>>[];
    assert.equal(open?.["topic"], "home/cams/front/state");
    assert.match(open?.["value_template"] ?? "", /== 'open'/);
  }
});

test("cameraDiscovery() gives entities payloads that are orders, and no name of a preset", () => {
  const all = messages().map(({ config }) => config);
  const payloads = all.filter(({ command_topic }) => String(command_topic).endsWith("/control"))
    .flatMap((config) => [config["payload_on"], config["payload_off"], config["payload_press"]])
    .filter((payload) => payload !== undefined);
  assert.equal(payloads.length, 3 * 2 + 8);
  for (const payload of payloads) {
    assert.notEqual(parseOrder(new TextEncoder().encode(String(payload))), undefined);
  }
  assert.doesNotMatch(JSON.stringify(all), /owner/);
});
