import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { Handshake } from "./handshake.ts";

test("Handshake keeps each step with its time, also of those that overlap", () => {
  const clock = new VirtualClock();
  const handshake = new Handshake(clock);
  const at = clock.wallClock();
  handshake.begin("locate");
  clock.pass(100);
  handshake.begin("relay-lookup");
  clock.pass(50);
  handshake.end("locate", "ok");
  assert.equal(handshake.current, "relay-lookup");
  clock.pass(50);
  handshake.endAll("failed");
  assert.deepEqual(handshake.steps, [
    { stage: "locate", at, duration: 150, outcome: "ok" },
    { stage: "relay-lookup", at: at + 100, duration: 100, outcome: "failed" },
  ]);
  assert.equal(handshake.current, undefined);
  handshake.restart();
  assert.deepEqual(handshake.steps, []);
});

test("Handshake keeps no more steps than its limit", () => {
  const handshake = new Handshake(new VirtualClock());
  for (let count = 0; count < 100; count++) handshake.begin("relay-agent");
  assert.equal(handshake.steps.length, 64);
});
