import assert from "node:assert/strict";
import { test } from "node:test";
import { Link, type LinkOptions, MAX_QUEUEING } from "./link.ts";
import { Rng } from "./rng.ts";

function link(options: Partial<LinkOptions>, seed = 1): Link {
  return new Link(options, new Rng(seed));
}

test("Link.offer() delivers at once when nothing is impaired", () => {
  assert.deepEqual(link({}).offer(10, 100), [10]);
});

test("Link.offer() adds the delay", () => {
  assert.deepEqual(link({ delay: 40 }).offer(10, 100), [50]);
});

test("Link.offer() keeps the order under jitter", () => {
  const jittery = link({ delay: 10, jitter: 50 });
  const arrivals = Array.from({ length: 200 }, (_, i) => jittery.offer(i, 100)).flat();
  assert.equal(arrivals.length, 200);
  assert.deepEqual(arrivals, arrivals.toSorted((a, b) => a - b));
  assert.ok(arrivals.every((arrival, i) => arrival >= i + 10));
});

test("Link.offer() loses, duplicates and reorders about as often as asked", () => {
  const bad = link({ delay: 20, loss: 0.1, duplicate: 0.05, reorder: 0.02 });
  for (let i = 0; i < 10_000; i++) bad.offer(i, 100);
  const { lost, duplicated, reordered } = bad.counters;
  assert.ok(Math.abs(lost - 1000) < 150, `lost ${lost}`);
  assert.ok(Math.abs(duplicated - 450) < 100, `duplicated ${duplicated}`);
  assert.ok(Math.abs(reordered - 180) < 60, `reordered ${reordered}`);
});

test("Link.offer() lets those behind overtake a reordered datagram", () => {
  const bad = link({ delay: 20, reorder: 1, reorderDelay: 15 });
  assert.deepEqual(bad.offer(0, 100), [35]);
  assert.deepEqual(link({ delay: 20 }).offer(1, 100), [21]);
});

test("Link.offer() spaces datagrams by the rate and drops what would wait too long", () => {
  const slow = link({ rate: 10_000 });
  assert.deepEqual(slow.offer(0, 1000), [100]);
  assert.deepEqual(slow.offer(0, 1000), [200]);
  assert.deepEqual(slow.offer(0, 1000), [300]);
  assert.ok(300 > MAX_QUEUEING);
  assert.deepEqual(slow.offer(0, 1000), []);
  assert.equal(slow.counters.overflowed, 1);
});

test("Link.offer() drops everything while the link is down", () => {
  const line = link({});
  line.up = false;
  assert.deepEqual(line.offer(0, 100), []);
  line.up = true;
  assert.deepEqual(line.offer(1, 100), [1]);
  assert.equal(line.counters.cut, 1);
});

test("Link.offer() makes the same choices from the same seed", () => {
  const run = () => {
    const bad = link({ delay: 5, jitter: 5, loss: 0.2, duplicate: 0.2, reorder: 0.2 }, 9);
    return Array.from({ length: 100 }, (_, i) => bad.offer(i, 100));
  };
  assert.deepEqual(run(), run());
});
