import assert from "node:assert/strict";
import { test } from "node:test";
import { NumberPool } from "./number_pool.ts";

test("NumberPool gives every number but 0 before it begins anew, and none that is in use", () => {
  const pool = new NumberPool();
  const kept = pool.take();
  const seen = new Set([kept]);
  for (let i = 1; i < 0xffff; i++) {
    const num = pool.take();
    seen.add(num);
    if (num !== 5) pool.release(num);
  }
  assert.equal(seen.size, 0xffff);
  assert.ok(!seen.has(0) && !seen.has(0x10000));
  assert.deepEqual([kept, pool.take(), pool.take(), pool.take(), pool.take()], [1, 2, 3, 4, 6]);
});
