import assert from "node:assert/strict";
import { test } from "node:test";
import { Rng } from "./rng.ts";

test("Rng repeats itself from the same seed and differs from another one", () => {
  const draw = (seed: number) => {
    const rng = new Rng(seed);
    return Array.from({ length: 8 }, () => rng.u32());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test("Rng.u32() never changes: a change of algorithm would change every recorded run", () => {
  const rng = new Rng(1);
  const first = Array.from({ length: 4 }, () => rng.u32());
  assert.deepEqual(first, [393288148, 2174103013, 3814759091, 2092745082]);
});

test("Rng.unit() spreads evenly over ten bins", () => {
  const rng = new Rng(42);
  const bins = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const bin = Math.floor(rng.unit() * 10);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  for (const count of bins) assert.ok(Math.abs(count - 2000) < 200, `a bin has ${count}`);
});

test("Rng.fork() is not moved by what its parent draws afterwards", () => {
  const parent = new Rng(3);
  const child = parent.fork();
  const twin = new Rng(3).fork();
  parent.u32();
  assert.equal(child.u32(), twin.u32());
});

test("Rng.entropy() returns as many bytes as asked for", () => {
  const { entropy } = new Rng(5);
  assert.equal(entropy(0).byteLength, 0);
  assert.equal(entropy(16).byteLength, 16);
});
