import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../machine.ts";
import { Pacer, PACER_LIMITS } from "./pacer.ts";

/** Pictures 40 ms apart, each by when it arrives; when they are let go, by their numbers. */
function pace(arrivals: readonly Instant[]) {
  const pacer = new Pacer<number>();
  const left = new Map<number, Instant>();
  const poll = (now: Instant) => {
    for (let item = pacer.poll(now); item !== undefined; item = pacer.poll(now)) {
      left.set(item, now);
    }
  };
  let number = 0;
  for (let now = 0; left.size < arrivals.length; now++) {
    assert.ok(now < 100_000);
    while ((arrivals[number] ?? Infinity) <= now) {
      pacer.push(now, 40 * number, 1_000, number);
      number++;
    }
    if ((pacer.nextAt() ?? Infinity) <= now) poll(now);
  }
  return { pacer, left: [...left.values()], order: [...left.keys()] };
}

const EVEN = Array.from({ length: 500 }, (_, i) => 1_000 + 40 * i);

test("Pacer keeps nothing that comes evenly", () => {
  const { left, pacer } = pace(EVEN);
  assert.deepEqual(left, EVEN);
  assert.equal(pacer.delay, 0);
});

test("Pacer keeps nothing for unevenness of less than two pictures", () => {
  const shaky = EVEN.map((at, i) => at + (i * 7) % 55);
  assert.deepEqual(pace(shaky).left, shaky.map((at, i) => Math.max(at, shaky[i - 1] ?? 0)));
});

test("Pacer spreads bursts, after the first one, and adds no more than they are long", () => {
  // Ten pictures at a time, when the last of them is made.
  const bursts = EVEN.map((_, i) => 1_000 + 400 * Math.ceil((i + 1) / 10));
  const { left, pacer, order } = pace(bursts);
  assert.deepEqual(order, EVEN.map((_, i) => i));
  assert.equal(pacer.delay, 360);
  const steps = left.slice(30).map((at, i) => at - (left[29 + i] ?? 0));
  assert.ok(steps.every((step) => step === 40), `${steps}`);
  const added = left.map((at, i) => at - (bursts[i] ?? 0));
  assert.equal(Math.max(...added), 360);
  assert.equal(Math.min(...added), 0);
});

test("Pacer adds half a second at the most, and lets what is later go at once", () => {
  const bursts = EVEN.map((_, i) => 1_000 + 2_000 * Math.ceil((i + 1) / 50));
  const { left, pacer } = pace(bursts);
  assert.equal(pacer.delay, PACER_LIMITS.delay);
  const added = left.map((at, i) => at - (bursts[i] ?? 0));
  assert.equal(Math.max(...added), PACER_LIMITS.delay);
  assert.ok(added.filter((delay) => delay === 0).length > 300);
});

test("Pacer does not make a stall longer, and forgets it in ten seconds", () => {
  const stalled = EVEN.map((at, i) => i >= 100 && i < 150 ? Math.max(at, 7_000) : at);
  const { left, pacer } = pace(stalled);
  assert.ok((left[100] ?? 0) - 7_000 < 1);
  assert.deepEqual(left.slice(-50), EVEN.slice(-50));
  assert.equal(pacer.delay, 0);
});

test("Pacer believes a way that has become longer for good", () => {
  const longer = EVEN.map((at, i) => i < 100 ? at : at + 4_000);
  const { left } = pace(longer);
  assert.deepEqual(left, longer);
});

test("Pacer follows clocks that drift apart", () => {
  const drifting = EVEN.map((at) => Math.round(1.002 * at));
  assert.deepEqual(pace(drifting).left, drifting);
});

test("Pacer lets what says no time go with what came before it", () => {
  const pacer = new Pacer<string>();
  pacer.push(0, 0, 1, "early");
  assert.equal(pacer.poll(0), "early");
  pacer.push(300, 40, 1, "late");
  pacer.push(300, undefined, 1, "sound of late");
  pacer.push(300, 80, 1, "next");
  pacer.push(300, undefined, 1, "sound of next");
  assert.deepEqual([pacer.poll(300), pacer.poll(300), pacer.poll(300)], [
    "late",
    "sound of late",
    undefined,
  ]);
  assert.equal(pacer.nextAt(), 340);
  assert.deepEqual([pacer.poll(340), pacer.poll(340), pacer.poll(340)], [
    "next",
    "sound of next",
    undefined,
  ]);
});

test("Pacer.observe() learns of the way without an item", () => {
  const pacer = new Pacer<string>();
  pacer.observe(0, 0);
  pacer.observe(300, 40);
  assert.equal(pacer.delay, 260);
  assert.equal(pacer.nextAt(), undefined);
});

test("Pacer.flush() gives all that waits", () => {
  const pacer = new Pacer<number>();
  pacer.observe(300, 0);
  for (const number of [1, 2, 3]) pacer.push(0, 0, 1, number);
  assert.deepEqual(pacer.flush(), [1, 2, 3]);
  assert.equal(pacer.poll(10_000), undefined);
});

test("Pacer lets the oldest go early when too much waits", () => {
  const pacer = new Pacer<number>();
  pacer.observe(300, 0);
  for (let number = 0; number <= PACER_LIMITS.items; number++) pacer.push(0, 0, 1, number);
  assert.deepEqual([pacer.poll(0), pacer.poll(0)], [0, undefined]);
  pacer.flush();
  for (let number = 0; number < 3; number++) pacer.push(0, 0, PACER_LIMITS.bytes / 2, number);
  assert.deepEqual([pacer.poll(0), pacer.poll(0)], [0, undefined]);
});
