/** Cameras, networks and viewers at random: whatever happens, it ends well or with a reason. */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { Dice } from "../support/random_scenario.ts";
import { ReolinkHubWorld } from "../support/reolink_hub_world.ts";

const COUNT = process.env["SIGHTLINE_LONG"] === "1" ? 400 : 5;

function randomCamera(dice: Dice): Record<string, unknown> {
  const soon = () => dice.span(30_000);
  return {
    power: dice.oneOf(["mains", "battery"]),
    audio: dice.oneOf(["aac", "adpcm", "none"]),
    encryption: dice.oneOf(["none", "bc", "aes", "aes3", "full"]),
    nat: dice.oneOf(["none", "full-cone", "cone", "symmetric"]),
    link: { delay: dice.span(80), loss: dice.upTo(5) / 100, reorder: 0.02 },
    faults: {
      ...dice.some({
        disconnectAfter: soon,
        movePortAfter: soon,
        lateKnockAfter: soon,
        corruptMediaAfter: soon,
        slowAfter: soon,
        lateConfirmations: () => dice.upTo(5),
        ackLoss: () => dice.upTo(3) / 10,
      }),
      ...dice.some({
        vanishAfter: soon,
        dropOffAfter: soon,
        silent: () => true,
        off: () => true,
      }, 0.07),
    },
  };
}

test(`a hub bears ${COUNT} Reolink cameras at random, and lets each go in the end`, async () => {
  let shown = 0;
  for (let seed = 1; seed <= COUNT; seed++) {
    const dice = new Dice(seed);
    const world = await ReolinkHubWorld.open({
      camera: randomCamera(dice),
      nat: dice.oneOf(["none", "cone", "symmetric"] as const),
      seed,
      step: 2,
    });
    const leaves: (() => void)[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const result = await world.open(dice.oneOf(["/yard", "/yard/sub", "/yard?peek"]));
      if (result.type === "source") {
        shown += 1;
        leaves.push(result.source.read({ onUnit: () => {}, onEnd: () => {} }));
      } else if (result.type === "failed") {
        assert.notEqual(result.error.detail, "", `seed ${seed}`);
      }
      if (dice.chance(0.1)) world.setUp(false);
      await world.pass(dice.upTo(20_000));
      world.setUp(true);
      if (dice.chance(0.3)) leaves.shift()?.();
      if (dice.chance(0.1)) await world.result(world.hub.stop("yard", { by: "api" }), 5_000);
    }
    for (const leave of leaves) leave();
    await world.pass(60_000);
    assert.equal(world.host.openSockets, 0, `seed ${seed}: everything is let go`);
    await world.result(world.hub.close(), 5_000);
    await world.pass(1_000);
    assert.equal(world.host.timers, 0, `seed ${seed}: nothing is left to do`);
  }
  assert.ok(shown >= COUNT, `${shown} pictures`);
});
