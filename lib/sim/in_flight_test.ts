import assert from "node:assert/strict";
import { test } from "node:test";
import { InFlight } from "./in_flight.ts";
import { Rng } from "./rng.ts";

test("InFlight.takeDue() returns items by instant, and equal instants in order of arrival", () => {
  const rng = new Rng(1);
  const queue = new InFlight<{ at: number; order: number }>(1000);
  const items = Array.from({ length: 500 }, (_, order) => ({ at: rng.u32() % 50, order }));
  for (const item of items) queue.push(item.at, item);
  const taken = Array.from({ length: 500 }, () => queue.takeDue(50));
  assert.deepEqual(taken, items.toSorted((a, b) => a.at - b.at || a.order - b.order));
  assert.equal(queue.size, 0);
  assert.equal(queue.takeDue(50), undefined);
});

test("InFlight.takeDue() keeps what is not due yet", () => {
  const queue = new InFlight<string>(10);
  queue.push(5, "later");
  assert.equal(queue.takeDue(4), undefined);
  assert.equal(queue.next, 5);
  assert.equal(queue.takeDue(5), "later");
  assert.equal(queue.next, undefined);
});

test("InFlight.push() refuses items beyond its limit", () => {
  const queue = new InFlight<number>(2);
  assert.deepEqual([queue.push(1, 1), queue.push(2, 2), queue.push(3, 3)], [true, true, false]);
  assert.equal(queue.size, 2);
});
