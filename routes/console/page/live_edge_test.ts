import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveEdge, stale, TARGET } from "./live_edge.js";

const to = (end: number, start = 0) => [{ start, end }];

test("LiveEdge leaves a player alone that is where it should be", () => {
  const edge = new LiveEdge();
  assert.deepEqual(edge.chase(0, to(10), 10 - TARGET.least), { seekTo: undefined, rate: 1 });
  assert.deepEqual(edge.chase(0, [], 0), { seekTo: undefined, rate: 1 });
});

test("LiveEdge hurries a player that is behind, and has it jump when it is far behind", () => {
  const edge = new LiveEdge();
  assert.ok(edge.chase(0, to(10), 9).rate > 1);
  assert.deepEqual(edge.chase(0, to(10), 3), { seekTo: 10 - TARGET.least, rate: 1 });
});

test("LiveEdge brings a player over a hole, and into what it has at all", () => {
  const holes = [{ start: 0, end: 4 }, { start: 60, end: 60.2 }];
  assert.deepEqual(new LiveEdge().chase(0, holes, 4), { seekTo: 60, rate: 1 });
  assert.deepEqual(new LiveEdge().chase(0, to(9, 5), 0).seekTo, 9 - TARGET.least);
});

test("LiveEdge stays further behind after a player ran dry, up to a limit, and comes back", () => {
  const edge = new LiveEdge();
  for (let i = 0; i < 20; i++) edge.waited(1_000 * i);
  assert.equal(edge.target, TARGET.most);
  for (let now = 60_000; now < 400_000; now += 1_000) edge.chase(now, to(10), 8);
  assert.equal(edge.target, TARGET.least);
});

test("LiveEdge does not take the wait after a jump for a way that is uneven", () => {
  const edge = new LiveEdge();
  edge.chase(100_000, to(100), 3);
  edge.waited(100_500);
  assert.equal(edge.target, TARGET.least);
  edge.waited(103_000);
  assert.ok(edge.target > TARGET.least);
});

test("stale() forgets what was seen, in pieces worth the trouble", () => {
  assert.equal(stale([], 0), undefined);
  assert.equal(stale(to(40), 29), undefined);
  assert.equal(stale(to(40), 31), 16);
});
