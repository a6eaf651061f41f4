import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_SOURCES, SourceLimiter, TokenBucket } from "./rate_limit.ts";

function count(allow: () => boolean, tries: number): number {
  return Array.from({ length: tries }, allow).filter(Boolean).length;
}

test("TokenBucket allows a burst, then its rate", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 });
  assert.equal(count(() => bucket.take(0), 10), 3);
  assert.equal(count(() => bucket.take(99), 10), 0);
  assert.equal(count(() => bucket.take(250), 10), 2);
  assert.equal(count(() => bucket.take(60_000), 10), 3, "no more than a burst after a rest");
});

test("TokenBucket gives nothing for a clock that goes back", () => {
  const bucket = new TokenBucket({ perSecond: 1000, burst: 1 });
  assert.equal(bucket.take(1000), true);
  assert.equal(bucket.take(0), false);
});

test("SourceLimiter limits each source, and all together", () => {
  const limiter = new SourceLimiter({ perSecond: 1, burst: 2 }, { perSecond: 1, burst: 5 });
  assert.equal(count(() => limiter.allow(0, "a"), 10), 2);
  assert.equal(count(() => limiter.allow(0, "b"), 10), 2);
  assert.equal(count(() => limiter.allow(0, "c"), 10), 1);
  assert.equal(count(() => limiter.allow(0, "d"), 10), 0);
});

test("SourceLimiter forgets the source idle longest", () => {
  const limiter = new SourceLimiter({ perSecond: 0, burst: 1 }, { perSecond: 0, burst: 1000 });
  for (let i = 0; i < 100; i++) assert.ok(limiter.allow(0, `source ${i}`));
  assert.equal(limiter.size, MAX_SOURCES);
  assert.equal(limiter.allow(0, "source 99"), false);
  assert.equal(limiter.allow(0, "source 0"), true);
});
