import assert from "node:assert/strict";
import { test } from "node:test";
import { DelayedOutbox, MAX_DELAYED } from "./delayed_outbox.ts";

const datagram = { via: "a", to: { address: "127.0.0.1", port: 1 }, bytes: new Uint8Array(1) };

test("DelayedOutbox.pollTransmit() returns what was put off once its time has come", () => {
  const outbox = new DelayedOutbox();
  outbox.pushLater(10, datagram);
  outbox.handleTimeout(9);
  assert.equal(outbox.pollTransmit(), undefined);
  assert.equal(outbox.pollTimeout(), 10);
  outbox.handleTimeout(10);
  assert.equal(outbox.pollTransmit(), datagram);
  assert.equal(outbox.pollTimeout(), undefined);
});

test("DelayedOutbox.pushLater() drops what is beyond its limit", () => {
  const outbox = new DelayedOutbox();
  for (let i = 0; i < MAX_DELAYED + 5; i++) outbox.pushLater(1, datagram);
  outbox.handleTimeout(1);
  let sent = 0;
  while (outbox.pollTransmit() !== undefined) sent += 1;
  assert.equal(sent, MAX_DELAYED);
});
