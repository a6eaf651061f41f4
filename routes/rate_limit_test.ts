import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "../tests/support/virtual_clock.ts";
import { MAX_CLIENTS, RateLimit } from "./rate_limit.ts";

test("RateLimit lets a burst through, then a steady rate", () => {
  const clock = new VirtualClock();
  const limit = new RateLimit({ perSecond: 4, burst: 3 }, clock);
  const taken = Array.from({ length: 4 }, () => limit.take("a"));
  assert.deepEqual(taken, [undefined, undefined, undefined, 250]);
  clock.pass(250);
  assert.equal(limit.take("a"), undefined);
  assert.equal(limit.take("a"), 250);
  clock.pass(60_000);
  assert.equal(limit.check("a"), undefined);
  assert.deepEqual(Array.from({ length: 4 }, () => limit.take("a")), [
    undefined,
    undefined,
    undefined,
    250,
  ]);
});

test("RateLimit remembers a limited number of clients, and forgets the longest silent", () => {
  const clock = new VirtualClock();
  const limit = new RateLimit({ perSecond: 1, burst: 1 }, clock);
  limit.take("first");
  limit.take("second");
  for (let i = 0; i < MAX_CLIENTS - 1; i++) limit.take(`c${i}`);
  assert.equal(limit.size, MAX_CLIENTS);
  assert.equal(limit.check("first"), undefined);
  assert.equal(limit.check("second"), 1_000);
});
