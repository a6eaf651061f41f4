import assert from "node:assert/strict";
import { test } from "node:test";
import type { WakeBudgetConfig } from "../../config/daemon_config.ts";
import type { Cause } from "../cause.ts";
import { NO_WAKE_BUDGET, WakeBudget } from "./budget.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ALICE: Cause = { by: "viewer", who: "10.0.0.1" };
const BOB: Cause = { by: "viewer", who: "10.0.0.2" };
const CRON: Cause = { by: "api", who: "cron" };

function budget(limits: Partial<WakeBudgetConfig>): WakeBudget {
  return new WakeBudget({ ...NO_WAKE_BUDGET, ...limits });
}

test("WakeBudget without limits refuses nothing", () => {
  const free = budget({});
  for (let at = 0; at < HOUR; at += 1_000) {
    assert.equal(free.ask(at, ALICE), undefined);
    free.noteWake(at, ALICE);
  }
});

test("WakeBudget allows so many wakes an hour, whoever asks, and says when the next one is due", () => {
  const three = budget({ wakesPerHour: 3 });
  for (const [at, cause] of [[0, ALICE], [1, BOB], [2, CRON]] as const) {
    assert.equal(three.ask(at * MINUTE, cause), undefined);
    three.noteWake(at * MINUTE, cause);
  }
  const refusal = three.ask(10 * MINUTE, { by: "mqtt" });
  assert.equal(refusal?.retryAfter, 50 * MINUTE);
  assert.match(refusal?.message ?? "", /woken 3 times within the last hour/);
  assert.equal(three.ask(60 * MINUTE, { by: "mqtt" }), undefined);
  assert.notEqual(budget({ wakesPerHour: 0 }).ask(0, ALICE), undefined);
});

test("WakeBudget spreads the wakes of one who keeps asking, and lets others pass", () => {
  const six = budget({ wakesPerHour: 6 });
  const wakes: number[] = [];
  for (let at = 0; at < 24 * HOUR; at += 2_000) {
    if (six.ask(at, ALICE) !== undefined) continue;
    six.noteWake(at, ALICE);
    six.noteConnected(at + 1_000);
    six.noteClosed(at + 1_500, false);
    wakes.push(at);
  }
  assert.equal(wakes.length, 24 * 6);
  assert.ok(wakes.every((at, i) => at - (wakes[i - 1] ?? -HOUR) >= 10 * MINUTE));
  const fresh = budget({ wakesPerHour: 6 });
  fresh.noteWake(0, ALICE);
  assert.equal(fresh.ask(MINUTE, ALICE)?.retryAfter, 9 * MINUTE);
  assert.equal(fresh.ask(MINUTE, BOB), undefined);
});

test("WakeBudget lets one have the camera again who has not asked for a while", () => {
  const six = budget({ wakesPerHour: 6 });
  six.noteWake(0, ALICE);
  six.noteConnected(1_000);
  six.noteClosed(2 * MINUTE, false);
  assert.equal(six.ask(3 * MINUTE, ALICE)?.retryAfter, 7 * MINUTE, "a minute after having had it");
  assert.equal(six.ask(4 * MINUTE + 1, ALICE), undefined, "over a minute after asking in vain");
  assert.equal(six.ask(4 * MINUTE + 2, ALICE), undefined, "it is still the same question");
  six.noteWake(4 * MINUTE + 3, ALICE);
  assert.notEqual(six.ask(4 * MINUTE + 4, ALICE), undefined);
});

test("WakeBudget gives a connection that broke back at once, but not time and again", () => {
  const six = budget({ wakesPerHour: 6 });
  const breakAt = (at: number) => {
    six.noteWake(at, ALICE);
    six.noteConnected(at + 1);
    six.noteClosed(at + 2, true);
  };
  breakAt(0);
  assert.equal(six.ask(1_000, ALICE), undefined);
  breakAt(1_000);
  assert.equal(six.ask(2_000, ALICE)?.retryAfter, 10 * MINUTE - 1_000);
  breakAt(11 * MINUTE);
  assert.equal(six.ask(11 * MINUTE + 1_000, ALICE), undefined);
});

test("WakeBudget takes back a wake that failed before it could be one", () => {
  const one = budget({ wakesPerHour: 1 });
  for (let at = 0; at < 100; at++) {
    assert.equal(one.ask(at, ALICE), undefined);
    one.noteWake(at, ALICE);
    one.takeBackWake();
  }
  one.takeBackWake();
  one.noteWake(100, ALICE);
  assert.notEqual(one.ask(101, ALICE), undefined);
});

test("WakeBudget remembers a bounded number of askers and wakes", () => {
  const many = budget({ wakesPerHour: 3_600 });
  many.noteWake(0, ALICE);
  for (let count = 0; count < 10_000; count++) {
    many.noteWake(1, { by: "viewer", who: `10.1.${count >> 8}.${count & 255}` });
  }
  assert.match(many.ask(2, ALICE)?.message ?? "", /woken 3600 times/);
  many.limits = { ...NO_WAKE_BUDGET, wakesPerHour: 3_601 };
  assert.equal(many.ask(2, ALICE), undefined, "ALICE was forgotten");
});

test("WakeBudget counts the time connected over the last day, the present connection too", () => {
  const half = budget({ awakePerDay: 30 * MINUTE });
  half.noteConnected(0);
  half.noteClosed(20 * MINUTE, false);
  half.noteConnected(2 * HOUR);
  half.noteConnected(2 * HOUR + MINUTE);
  assert.equal(half.awakeLeft(2 * HOUR + 4 * MINUTE), 6 * MINUTE);
  assert.equal(half.awakeLeft(2 * HOUR + 40 * MINUTE), 0);
  half.noteClosed(2 * HOUR + 10 * MINUTE, false);
  half.noteClosed(2 * HOUR + 11 * MINUTE, false);
  const refusal = half.ask(3 * HOUR, ALICE);
  assert.equal(refusal?.retryAfter, 24 * HOUR + 20 * MINUTE - 3 * HOUR);
  assert.equal(half.ask(24 * HOUR + MINUTE, ALICE), undefined, "the first minute is over");
  assert.equal(half.awakeLeft(24 * HOUR + MINUTE), MINUTE);
});

test("WakeBudget keeps a bounded number of spans, and their length", () => {
  const many = budget({ awakePerDay: HOUR });
  for (let count = 0; count < 2_000; count++) {
    many.noteConnected(count * 10_000);
    many.noteClosed(count * 10_000 + 1_000, false);
  }
  assert.equal(many.awakeLeft(20_000_000), HOUR - 2_000_000);
});

test("WakeBudget spares an empty battery until it has charged, or may have", () => {
  const careful = budget({ minBattery: 20 });
  careful.noteCharge(0, 19, false);
  assert.equal(careful.ask(HOUR, ALICE)?.retryAfter, 5 * HOUR);
  assert.equal(careful.ask(6 * HOUR, ALICE), undefined);
  careful.noteCharge(7 * HOUR, 19, true);
  assert.equal(careful.ask(7 * HOUR, ALICE), undefined);
  careful.noteCharge(8 * HOUR, 20, false);
  assert.equal(careful.ask(8 * HOUR, ALICE), undefined);
  careful.noteCharge(9 * HOUR, 19, false);
  careful.forgetCharge();
  assert.equal(careful.ask(9 * HOUR, ALICE), undefined);
});
