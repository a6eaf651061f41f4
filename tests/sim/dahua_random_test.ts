import assert from "node:assert/strict";
import { test } from "node:test";
import { runRandomTunnel, runSurvivableTunnel } from "../support/random_tunnel.ts";

const SEEDS_A_TEST = 40;

/** Runs `check` with the seeds from `first`; a failure names its seed. */
function forSeeds(first: number, check: (seed: number) => void): void {
  for (let seed = first; seed < first + SEEDS_A_TEST; seed++) {
    try {
      check(seed);
    } catch (error) {
      throw new Error(`Cannot go on with seed ${seed}`, { cause: error });
    }
  }
}

for (const first of [1, 1_001, 2_001, 3_001]) {
  test(`DahuaTunnel neither hangs nor leaves anything behind in random worlds from ${first}`, () => {
    const ends = new Set<string>();
    forSeeds(first, (seed) => ends.add(runRandomTunnel(seed).end));
    assert.ok(ends.size > 5, `only ${[...ends]}`);
  });
}

for (const first of [1, 1_001]) {
  test(`DahuaTunnel gets through worlds that can be survived, from ${first}`, () => {
    const ways = new Set<string>();
    forSeeds(first, (seed) => ways.add(runSurvivableTunnel(seed).way));
    assert.deepEqual([...ways].sort(), ["direct", "lan", "relay"]);
  });
}
