import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../../tests/support/virtual_clock.ts";
import { watchAddresses } from "./address_watch.ts";

test("watchAddresses() tells of another set of addresses, and not of a moment without any", () => {
  const clock = new VirtualClock();
  let addresses = ["192.168.1.5", "10.0.0.2"];
  let changes = 0;
  const watch = watchAddresses({ clock, localAddresses: () => addresses }, () => changes++);
  clock.pass(20_000);
  addresses = ["10.0.0.2", "192.168.1.5"];
  clock.pass(20_000);
  addresses = [];
  clock.pass(20_000);
  addresses = ["192.168.1.5", "10.0.0.2"];
  clock.pass(20_000);
  assert.equal(changes, 0, "the same set in another order, or a network that comes back");
  addresses = ["192.168.7.9"];
  clock.pass(5_000);
  assert.equal(changes, 1);
  watch.cancel();
  assert.equal(clock.timers, 0);
});
