import { test } from "node:test";
import assert from "node:assert/strict";
import type { Clock } from "./types.ts";
import { WakeTimer } from "./wake_timer.ts";

/** A clock whose timers fire when the test says so, early if it likes. */
class ManualClock implements Clock {
  time = 0;
  readonly delays: number[] = [];
  cancelled = 0;
  #callback: () => void = () => {};

  now(): number {
    return this.time;
  }

  wallClock(): number {
    return this.time;
  }

  setTimer(delay: number, callback: () => void): () => void {
    this.delays.push(delay);
    this.#callback = callback;
    return () => this.cancelled++;
  }

  fireAt(time: number): void {
    this.time = time;
    this.#callback();
  }
}

function rig(): { clock: ManualClock; timer: WakeTimer; due: number[] } {
  const clock = new ManualClock();
  const due: number[] = [];
  return { clock, due, timer: new WakeTimer(clock, () => due.push(clock.time)) };
}

test("WakeTimer calls back at its deadline", () => {
  const { clock, timer, due } = rig();
  timer.set(10);
  clock.fireAt(10);
  assert.deepEqual(clock.delays, [10]);
  assert.deepEqual(due, [10]);
});

test("WakeTimer waits for the rest when it is woken early", () => {
  const { clock, timer, due } = rig();
  timer.set(10);
  clock.fireAt(9.5);
  assert.deepEqual(due, []);
  clock.fireAt(10);
  assert.deepEqual(clock.delays, [10, 0.5]);
  assert.deepEqual(due, [10]);
});

test("WakeTimer sets no timer when its deadline stays or moves away", () => {
  const { clock, timer, due } = rig();
  timer.set(10);
  timer.set(10);
  timer.set(30);
  assert.deepEqual(clock.delays, [10]);
  clock.fireAt(10);
  assert.deepEqual(due, []);
  clock.fireAt(30);
  assert.deepEqual(clock.delays, [10, 20]);
  assert.deepEqual(due, [30]);
});

test("WakeTimer sets a new timer when its deadline comes closer", () => {
  const { clock, timer } = rig();
  timer.set(10);
  timer.set(5);
  assert.deepEqual(clock.delays, [10, 5]);
  assert.equal(clock.cancelled, 1);
});

test("WakeTimer takes a deadline in the past as due in the next turn", () => {
  const { clock, timer, due } = rig();
  clock.time = 50;
  timer.set(10);
  assert.deepEqual(clock.delays, [0]);
  assert.deepEqual(due, []);
});

test("WakeTimer calls back once for a deadline", () => {
  const { clock, timer, due } = rig();
  timer.set(10);
  clock.fireAt(10);
  clock.fireAt(11);
  assert.deepEqual(due, [10]);
});

test("WakeTimer forgets its timer when there is no deadline any more", () => {
  const { clock, timer, due } = rig();
  timer.set(10);
  timer.set(undefined);
  timer.set(undefined);
  assert.equal(clock.cancelled, 1);
  clock.fireAt(10);
  assert.deepEqual(due, []);
});
