import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instant } from "../../machine.ts";
import { Repeat, type RepeatOptions } from "./repeat.ts";
import { REG } from "./scripted_cloud.ts";

function repeatWith(options: Partial<RepeatOptions> = {}): Repeat {
  const datagram = { tid: 5, message: { type: "R2C_DISC", sid: 1 } } as const;
  return new Repeat(100, { via: "cloud", to: REG, datagram, ...options });
}

/** Calls it whenever it wants to be, and tells when it sent something. */
function sendsOf(repeat: Repeat): Instant[] {
  const sends: Instant[] = [];
  for (let at = repeat.pollTimeout(); at !== undefined; at = repeat.pollTimeout()) {
    if (repeat.take(at) !== undefined) sends.push(at);
    assert.ok(sends.length < 1_000, "it never ends");
  }
  return sends;
}

test("Repeat sends at once, every half second, for 15 s", () => {
  const sends = sendsOf(repeatWith());
  assert.equal(sends.length, 30);
  assert.deepEqual([sends[0], sends[1], sends.at(-1)], [100, 600, 14_600]);
});

test("Repeat waits, counts and hurries as it is told", () => {
  assert.deepEqual(sendsOf(repeatWith({ delay: 50, every: 10, maxSends: 3 })), [150, 160, 170]);
  assert.deepEqual(sendsOf(repeatWith({ every: 10, lasts: 25 })), [100, 110, 120]);
  const repeat = repeatWith({ delay: 1_000 });
  repeat.hurry(300);
  assert.equal(repeat.pollTimeout(), 300);
});

test("Repeat makes up for nothing after a sleep", () => {
  const repeat = repeatWith();
  assert.ok(repeat.take(5_000) !== undefined);
  assert.equal(repeat.take(5_000), undefined);
  assert.equal(repeat.pollTimeout(), 5_500);
});

test("Repeat hands out bytes nobody else has", () => {
  const repeat = repeatWith();
  const first = repeat.take(100);
  const kept = first?.bytes.slice();
  first?.bytes.fill(0);
  assert.deepEqual(repeat.take(600)?.bytes, kept);
});
