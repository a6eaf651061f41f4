import assert from "node:assert/strict";
import { test } from "node:test";
import { spans, widths } from "./sightline.js";

test("widths() gives each step its share of the line, and none so little that it is not seen", () => {
  const shares = widths([1_000, 10, 0, 30]);
  assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  assert.ok(shares.every((share) => share >= 0.12));
  assert.ok((shares[0] ?? 0) > 0.6);
  assert.deepEqual(widths([]), []);
  assert.deepEqual(widths([0, 0]), [0.5, 0.5]);
});

test("spans() places steps in the time they took together, those that run until now", () => {
  const at = (ms: number) => new Date(1_000_000 + ms).toISOString();
  const steps = [
    { stage: "a", at: at(0), durationMs: 500, outcome: "ok" as const },
    { stage: "b", at: at(250), outcome: "running" as const },
  ];
  assert.deepEqual(spans(steps, 1_001_000), [
    { left: 0, width: 0.5 },
    { left: 0.25, width: 0.75 },
  ]);
});
