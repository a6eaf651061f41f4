import assert from "node:assert/strict";
import { test } from "node:test";
import { countTests, isGoodNews, skippedTests } from "./counts.ts";

const DENO = `running 2 tests from ./a_test.ts
a() adds ... ok (1ms)
libnice sends 1 MB (needs libnice-dev) ... ignored (0ms)

ok | 1 passed | 0 failed | 1 ignored (12ms)
`;
const BUN = `bun test v1.4.5 (a7733435c)

a_test.ts:
(pass) a() adds [1.00ms]
(skip) libnice sends 1 MB (needs libnice-dev) [0.20ms]
(fail) b() adds [1.00ms]

 1 pass
 1 skip
 2 fail
Ran 4 tests across 1 file. [11.51s]
(skip) libnice sends 1 MB (needs libnice-dev) [0.20ms]
`;

test("countTests() reads the totals of deno test", () => {
  assert.deepEqual(countTests(DENO), { passed: 1, failed: 0 });
  const withSteps = "FAILED | 69 passed (3 steps) | 2 failed (128ms)";
  assert.deepEqual(countTests(withSteps), { passed: 69, failed: 2 });
});

test("countTests() reads the totals of bun test", () => {
  assert.deepEqual(countTests(BUN), { passed: 1, failed: 2 });
});

test("countTests() knows nothing of a run that ended early", () => {
  assert.equal(countTests("error: Module not found"), undefined);
});

test("skippedTests() names what either runner skipped", () => {
  assert.deepEqual(skippedTests(DENO), ["libnice sends 1 MB (needs libnice-dev)"]);
  assert.deepEqual(skippedTests(BUN), ["libnice sends 1 MB (needs libnice-dev)"]);
});

test("isGoodNews() leaves failures and totals", () => {
  const lines = [...DENO.split("\n"), ...BUN.split("\n")].filter((line) => !isGoodNews(line));
  assert.deepEqual(lines.filter((line) => line !== ""), [
    "ok | 1 passed | 0 failed | 1 ignored (12ms)",
    "bun test v1.4.5 (a7733435c)",
    "(fail) b() adds [1.00ms]",
    " 1 pass",
    " 1 skip",
    " 2 fail",
    "Ran 4 tests across 1 file. [11.51s]",
  ]);
});
