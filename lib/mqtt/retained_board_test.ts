import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeBroker } from "../../tests/support/fake_broker.ts";
import { settled, VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { MqttLink } from "../io/mqtt_client.ts";
import { MIN_GAP, RetainedBoard } from "./retained_board.ts";

async function linkTo(broker: FakeBroker): Promise<MqttLink> {
  const settings = {
    server: new URL("mqtt://127.0.0.1"),
    ca: undefined,
    username: undefined,
    password: undefined,
    clientId: "test",
    will: { topic: "status", payload: "offline" },
  };
  const result = await broker.dial(settings, () => {}, new AbortController().signal);
  if (result.type !== "link") throw new Error("The broker is not there");
  return result.link;
}

function setUp() {
  const clock = new VirtualClock();
  const board = new RetainedBoard(clock, (error) => {
    throw error;
  });
  return { clock, board, broker: new FakeBroker() };
}

test("RetainedBoard brings what it holds to each new connection, in order", async () => {
  const { board, broker } = setUp();
  board.set("a", "1");
  board.set("b", "2");
  board.set("a", "3");
  board.attach(await linkTo(broker));
  await settled();
  assert.deepEqual(broker.published.map(({ topic, payload }) => `${topic}${payload}`), [
    "a3",
    "b2",
  ]);
  broker.cut();
  board.detach();
  board.set("b", "4");
  board.attach(await linkTo(broker));
  await settled();
  assert.deepEqual([...broker.retained], [["a", "3"], ["b", "4"]]);
});

test("RetainedBoard does not repeat what the broker holds already", async () => {
  const { board, broker, clock } = setUp();
  board.attach(await linkTo(broker));
  board.set("a", "1");
  board.set("p", Uint8Array.of(1, 2));
  await settled();
  board.set("a", "1");
  board.set("p", Uint8Array.of(1, 2));
  clock.pass(10 * MIN_GAP);
  await settled();
  assert.equal(broker.published.length, 2);
});

test("RetainedBoard publishes a topic once a second at most, and then as it is", async () => {
  const { board, broker, clock } = setUp();
  board.attach(await linkTo(broker));
  for (let value = 0; value < 100; value++) {
    board.set("a", String(value));
    board.set(`b${value}`, "once");
    clock.pass(100);
    await settled();
  }
  clock.pass(MIN_GAP);
  await settled();
  const count = broker.count("a");
  assert.ok(count >= 9 && count <= 11, String(count));
  assert.equal(broker.retained.get("a"), "99");
  assert.equal(broker.retained.size, 101);
  assert.equal(clock.timers, 0);
});

test("RetainedBoard has one message on its way at a time, and keeps the latest of the rest", async () => {
  const { board, broker } = setUp();
  broker.confirms = false;
  board.attach(await linkTo(broker));
  for (let value = 0; value < 50; value++) {
    board.set("a", String(value));
    board.set("b", String(value));
  }
  await settled();
  assert.deepEqual(broker.published, [{ topic: "a", payload: "0" }]);
  broker.confirms = true;
  broker.confirm();
  await settled();
  assert.equal(broker.retained.get("b"), "49");
});

test("clear() takes a topic off the broker, and forgets it", async () => {
  const { board, broker } = setUp();
  board.set("a", "1");
  board.attach(await linkTo(broker));
  await settled();
  board.clear("a");
  board.clear("of a life before");
  await board.flush();
  assert.deepEqual(broker.published.slice(1).map(({ payload }) => payload), ["", ""]);
  assert.equal(broker.retained.size, 0);
  board.detach();
  board.attach(await linkTo(broker));
  await settled();
  assert.equal(broker.published.length, 3);
});

test("clear() without a connection leaves the topic to the next one", async () => {
  const { board, broker } = setUp();
  for (let number = 0; number < 1_000; number++) {
    board.set(`t${number}`, "1");
    board.clear(`t${number}`);
  }
  board.attach(await linkTo(broker));
  await settled();
  assert.deepEqual(broker.published, []);
});

test("flush() does not wait for gaps, nor for a broker that is gone", async () => {
  const { board, broker } = setUp();
  await board.flush();
  board.attach(await linkTo(broker));
  board.set("a", "1");
  await settled();
  board.set("a", "2");
  await board.flush();
  assert.equal(broker.retained.get("a"), "2");
  broker.confirms = false;
  board.set("a", "3");
  const flushed = board.flush();
  board.detach();
  await flushed;
});

test("RetainedBoard goes on with another connection when one breaks under a message", async () => {
  const { board, broker } = setUp();
  broker.confirms = false;
  board.attach(await linkTo(broker));
  board.set("a", "1");
  await settled();
  board.detach();
  const next = await linkTo(broker);
  board.attach(next);
  broker.confirms = true;
  broker.confirm();
  await settled();
  assert.equal(broker.retained.get("a"), "1");
  assert.equal(broker.count("a"), 2);
});
