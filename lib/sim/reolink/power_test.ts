import assert from "node:assert/strict";
import { test } from "node:test";
import { Power, type PowerOptions } from "./power.ts";

const HOUR = 3_600_000;

function power(options: Partial<PowerOptions> = {}): Power {
  return new Power(0, {
    kind: "battery",
    percent: 50,
    drainAwake: 10,
    drainAsleep: 1,
    wakeTime: 2_000,
    sleepAfter: 10_000,
    entropy: (length) => new Uint8Array(length),
    ...options,
  });
}

/** Handles timeouts until `now`. */
function pass(one: Power, now: number): void {
  for (let at = one.pollTimeout(); at !== undefined && at <= now; at = one.pollTimeout()) {
    one.handleTimeout(at);
  }
}

function changes(one: Power): string[] {
  const states: string[] = [];
  for (let change = one.pollChange(); change; change = one.pollChange()) states.push(change.state);
  return states;
}

test("Power on battery wakes when wanted, and sleeps when nobody is left", () => {
  const one = power();
  one.settle(0);
  one.wake(1_000, "network");
  one.wake(1_500, "network");
  assert.equal(one.wakes, 1);
  pass(one, 3_000);
  assert.equal(one.wokenAt, 3_000);
  one.countUsers(4_000, 1);
  pass(one, 60_000);
  assert.equal(one.state, "session");
  one.countUsers(60_000, 2);
  one.countUsers(60_000, 0);
  pass(one, 69_999);
  assert.equal(one.state, "awake");
  pass(one, 70_000);
  const states = ["asleep", "waking", "awake", "session", "session", "awake", "asleep"];
  assert.deepEqual(changes(one), states);
  assert.equal(one.awakeFor(80_000), 69_000);
});

test("Power puts off sleep when somebody wants the camera again", () => {
  const one = power();
  one.settle(0);
  one.wake(0, "pir");
  pass(one, 2_000);
  one.wake(11_000, "network");
  pass(one, 20_999);
  assert.equal(one.state, "awake");
  assert.equal(one.wakes, 1);
  pass(one, 21_000);
  assert.equal(one.state, "asleep");
});

test("Power drains by the hour, ten times faster awake, and is off when it is empty", () => {
  const one = power();
  one.settle(0);
  assert.equal(one.percent(HOUR), 49);
  one.wake(HOUR, "pir");
  pass(one, HOUR + 2_000);
  one.countUsers(HOUR + 2_000, 1);
  assert.ok(Math.abs(one.percent(2 * HOUR) - 39) < 1e-9);
  pass(one, 5.9 * HOUR);
  assert.equal(one.state, "off");
  assert.equal(one.percent(6 * HOUR), 0);
  one.switchOn(6 * HOUR);
  assert.equal(one.state, "off");
});

test("Power on mains never sleeps and never drains", () => {
  const one = power({ kind: "mains" });
  one.settle(0);
  one.countUsers(1, 1);
  one.countUsers(2, 0);
  one.dropOff(3);
  pass(one, 100 * HOUR);
  assert.equal(one.state, "awake");
  assert.equal(one.percent(100 * HOUR), 50);
  assert.equal(one.pollTimeout(), undefined);
});

test("Power wakes neither from booting nor when it is off", () => {
  const one = power();
  one.wake(0, "network");
  assert.equal(one.state, "booting");
  one.switchOff(1);
  one.wake(2, "network");
  one.reboot(3);
  assert.equal(one.state, "off");
  one.switchOn(4);
  one.settle(5);
  one.dropOff(6);
  assert.deepEqual(changes(one), ["off", "booting", "asleep"]);
});
