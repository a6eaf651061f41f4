import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../../tests/support/virtual_clock.ts";
import type { EventData, HubEvent } from "./hub_event.ts";
import { EventRing } from "./event_log.ts";

function viewers(count: number): EventData {
  return { type: "viewers", camera: "front", path: "/front", viewers: count };
}

test("EventRing numbers its events without gaps and gives them out in order", () => {
  const ring = new EventRing(new VirtualClock());
  const before = ring.lastId;
  for (const count of [1, 2, 3]) ring.add(viewers(count));
  const { events, missed } = ring.since(before + 1);
  assert.deepEqual(events.map(({ id }) => id - before), [2, 3]);
  assert.equal(missed, false);
  assert.deepEqual(ring.since(ring.lastId), { events: [], missed: false });
});

test("EventRing keeps no more than its limit, and says when a reader missed some", () => {
  const ring = new EventRing(new VirtualClock(), 3);
  const before = ring.lastId;
  for (const count of [1, 2, 3, 4, 5]) ring.add(viewers(count));
  assert.deepEqual(ring.since(before).events.map(({ id }) => id - before), [3, 4, 5]);
  assert.equal(ring.since(before).missed, true);
  assert.equal(ring.since(before + 1).missed, true);
  assert.equal(ring.since(before + 2).missed, false);
});

test("EventRing.since() knows readers of another daemon, also when the time of day has gone back", () => {
  const clock = new VirtualClock();
  const earlier = new EventRing(clock);
  for (let count = 0; count < 500; count++) earlier.add(viewers(count));
  clock.pass(1_000);
  const ring = new EventRing(clock);
  ring.add(viewers(1));
  const { events, missed } = ring.since(earlier.lastId);
  assert.equal(events.length, 1);
  assert.equal(missed, true);
  assert.deepEqual(ring.since(ring.lastId + 9), { events, missed: true });
});

test("EventRing tells its listeners each event at once, until they leave", () => {
  const ring = new EventRing(new VirtualClock());
  const heard: HubEvent[] = [];
  const leave = ring.subscribe((event) => heard.push(event));
  const leaveAtOnce = ring.subscribe(() => leaveAtOnce());
  ring.add(viewers(1));
  ring.add(viewers(2));
  leave();
  ring.add(viewers(3));
  assert.deepEqual(heard.map(({ id }) => id), [ring.lastId - 2, ring.lastId - 1]);
});
