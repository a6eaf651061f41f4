import assert from "node:assert/strict";
import { test } from "node:test";
import { NAT_KINDS } from "../../lib/sim/nat.ts";
import { Dice } from "../support/random_scenario.ts";
import { ReolinkTunnelWorld } from "../support/reolink_tunnel_world.ts";

const SEEDS = 24;

/** How long an attempt may take to come to a result, whatever goes wrong. */
const DECIDED_WITHIN = 90_000;

/** How long the end may take, once asked for: a second for what was written, then goodbyes. */
const CLOSED_WITHIN = 1_500;

function anyWorld(seed: number): ReolinkTunnelWorld {
  const dice = new Dice(seed);
  const server = () =>
    dice.some({ silent: () => dice.chance(0.5), garbage: () => true, delay: () => dice.span(900) });
  const camera = {
    nat: dice.oneOf(NAT_KINDS),
    link: dice.some({
      delay: () => dice.span(300),
      jitter: () => dice.span(50),
      loss: () => dice.upTo(15) / 100,
      duplicate: () => dice.upTo(10) / 100,
      reorder: () => dice.upTo(10) / 100,
    }, 0.6),
    power: dice.oneOf(["mains", "battery"] as const),
    faults: dice.some({
      off: () => dice.chance(0.5),
      silent: () => dice.chance(0.5),
      vanishAfter: () => dice.span(20_000),
      disconnectAfter: () => dice.span(20_000),
      dropOffAfter: () => dice.span(20_000),
      movePortAfter: () => dice.span(10_000),
      ackLoss: () => dice.upTo(60) / 100,
      lateConfirmations: () => dice.upTo(10),
      lateKnockAfter: () => dice.span(10_000),
      corruptMediaAfter: () => dice.span(10_000),
    }, 0.15),
    quirks: dice.some({ maxPiece: () => 1 + dice.upTo(1_000) }),
  };
  const servers = {
    middlemen: [server(), server(), {}],
    register: {
      ...dice.some({ refuseFirst: () => dice.upTo(3), delay: () => dice.span(500) }),
    },
    relay: dice.some({ silent: () => true, forgetAfter: () => dice.span(20_000) }, 0.15),
  };
  return new ReolinkTunnelWorld({
    seed,
    camera,
    servers,
    nat: dice.oneOf(NAT_KINDS),
    tunnel: { way: dice.oneOf(["auto", "auto", "lan", "map", "relay"] as const) },
    stream: dice.oneOf(["main", "sub"] as const),
  });
}

test(`ReolinkTunnel comes to a result and to an end in ${SEEDS} worlds of random faults`, () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = anyWorld(seed);
    const way = world.open(DECIDED_WITHIN);
    world.world.runFor(15_000);
    const isOver = world.tunnel.state === "closed";
    outcomes.add(`${way} ${isOver ? world.find("closed")?.reason : "lives"}`);
    if (way !== undefined && !isOver) {
      assert.ok(world.viewer.frames.length > 0, `seed ${seed}: a picture comes`);
    }
    world.command((tunnel, now) => tunnel.close(now));
    world.world.runFor(CLOSED_WITHIN);
    assert.equal(world.tunnel.state, "closed", `seed ${seed}`);
    assert.equal(world.tunnel.pollTimeout(), undefined);
    const ends = world.events.filter(({ type }) => type === "closed");
    assert.equal(ends.length, 1, `seed ${seed}: one end`);
    assert.equal(world.events.at(-1)?.type, "closed");
    const end = world.find("closed");
    assert.ok(end !== undefined && (end.reason === "local" || end.advice !== ""), `seed ${seed}`);
  }
  assert.ok(outcomes.size >= 5, [...outcomes].join(", "));
});
