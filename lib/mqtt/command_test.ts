import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeHub } from "../../tests/support/fake_hub.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { StartResult } from "../hub/hub.ts";
import { Log } from "../log/log.ts";
import { type Command, MAX_COMMAND_BYTES, parseCommand, parseOrder } from "./command.ts";
import { CommandRunner } from "./command_runner.ts";

const COMMANDS: readonly [string, Command | undefined][] = [
  ["ON", { type: "on", for: undefined }],
  [" on\n", { type: "on", for: undefined }],
  ["OFF", { type: "off" }],
  ['{"for":"10m"}', { type: "on", for: 600_000 }],
  ['{"for": "168h"}', { type: "on", for: 604_800_000 }],
  ['{"for":"169h"}', undefined],
  ['{"for":"10"}', undefined],
  ['{"for":10}', undefined],
  ['{"for":"10m","x":1}', undefined],
  ["{}", undefined],
  ["null", undefined],
  ["[]", undefined],
  ["", undefined],
  ["1", undefined],
  ["TOGGLE", undefined],
  ["{", undefined],
  [`${" ".repeat(MAX_COMMAND_BYTES)}ON`, undefined],
];

for (const [text, expected] of COMMANDS) {
  test(`parseCommand() of ${JSON.stringify(text.slice(-20))} (${text.length} bytes)`, () => {
    assert.deepEqual(parseCommand(new TextEncoder().encode(text)), expected);
  });
}

const ORDERS: readonly [string, unknown][] = [
  ['{"type":"light","on":true}', { type: "light", on: true, for: 180_000 }],
  ['{"type":"siren"}', { type: "siren", on: true }],
  [
    '{"type":"ptz","direction":"left","for":"500ms"}',
    { type: "ptz", direction: "left", speed: 32, for: 500 },
  ],
  ['{"type":"preset","id":3}', { type: "preset", id: 3 }],
  ['{"type":"ptz","direction":"left","for":"11s"}', undefined],
  ['{"type":"light"}', undefined],
  ['{"type":"light","on":true,"x":1}', undefined],
  ['{"type":"explode"}', undefined],
  ["ON", undefined],
  ["", undefined],
  ["null", undefined],
  [`${" ".repeat(MAX_COMMAND_BYTES)}{"type":"siren"}`, undefined],
];

for (const [text, order] of ORDERS) {
  test(`parseOrder() of ${JSON.stringify(text.slice(-40))} (${text.length} bytes)`, () => {
    const expected = order === undefined ? undefined : { type: "order", order };
    assert.deepEqual(parseOrder(new TextEncoder().encode(text)), expected);
  });
}

test("CommandRunner gives orders, of each kind the last of those that come meanwhile", async () => {
  const { hub, runner, logged } = setUp();
  const slow = Promise.withResolvers<void>();
  hub.onControl = async (status) => {
    await slow.promise;
    return { type: "done", status };
  };
  for (let i = 0; i < 100; i++) {
    runner.run("front", { type: "order", order: { type: "led", on: i % 2 === 0 } });
    runner.run("front", { type: "order", order: { type: "preset", id: i } });
  }
  slow.resolve();
  await settled();
  assert.deepEqual(hub.orders.map(({ order }) => order), [
    { type: "led", on: true },
    { type: "preset", id: 0 },
    { type: "led", on: false },
    { type: "preset", id: 99 },
  ]);
  assert.deepEqual(hub.orders[0]?.cause, { by: "mqtt" });
  assert.deepEqual(logged, []);
});

test("parseCommand() survives what is no text", () => {
  assert.equal(parseCommand(Uint8Array.of(0xff, 0xfe, 0, 0x80)), undefined);
});

function setUp() {
  const hub = new FakeHub(new VirtualClock(), "front", "yard");
  const logged: string[] = [];
  const log = new Log((level, message, fields) => {
    logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  });
  const runner = new CommandRunner(hub, log, (error) => {
    throw error;
  });
  return { hub, logged, runner };
}

test("CommandRunner starts and stops in the name of MQTT", async () => {
  const { hub, runner, logged } = setUp();
  runner.run("front", { type: "on", for: 600_000 });
  await settled();
  runner.run("front", { type: "off" });
  await settled();
  runner.run("front", { type: "on", for: undefined });
  await settled();
  const cause = { by: "mqtt" };
  assert.deepEqual(hub.starts, [
    { name: "front", options: { for: 600_000, cause } },
    { name: "front", options: { cause } },
  ]);
  assert.deepEqual(hub.stops, [{ name: "front", cause }]);
  assert.deepEqual(logged, []);
});

test("CommandRunner keeps the last of what comes while a command takes its time", async () => {
  const { hub, runner } = setUp();
  const slow = Promise.withResolvers<StartResult>();
  hub.onStart = () => slow.promise;
  for (let i = 0; i < 100; i++) {
    runner.run("front", { type: "on", for: 1_000 + i });
    runner.run("front", { type: "off" });
  }
  runner.run("front", { type: "on", for: 7 });
  runner.run("yard", { type: "off" });
  await settled();
  assert.equal(hub.starts.length, 1);
  assert.deepEqual(hub.stops.map(({ name }) => name), ["yard"]);
  slow.resolve({ type: "unknown" });
  await settled();
  assert.deepEqual(hub.starts.map(({ options }) => options.for), [1_000, 7]);
});

test("CommandRunner says why a camera is not started", async () => {
  const { hub, runner, logged } = setUp();
  hub.onStart = () => ({
    type: "budget",
    retryAfter: 1,
    detail: "the wake budget is spent",
    advice: "Wait.",
  });
  runner.run("front", { type: "on", for: undefined });
  await settled();
  assert.match(logged[0] ?? "", /^warn .*not started.*front.*budget is spent.*Wait\./);
});
