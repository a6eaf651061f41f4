import assert from "node:assert/strict";
import { test } from "node:test";
import { Link } from "../../sim/link.ts";
import { Rng } from "../../sim/rng.ts";
import { type CloudScript, OTHER_REG, REG, ScriptedCloud, type Weather } from "./scripted_cloud.ts";
import type { ReolinkSignalingOptions } from "./signaling_options.ts";

/** The longest attempt: the last one begins after 30 s, and a silent register takes 15 s of it. */
const DECIDED_BY = 100_000;

/** What became of a run, in words. */
export interface RandomRun {
  readonly result: string;
  readonly at: number;
}

/**
 * One attempt through a bad network, with parties that misbehave at random. Throws when it does not
 * end, ends twice, leaves a stage open or anything scheduled, or misses a camera it must find.
 */
function runRandomSignaling(seed: number): RandomRun {
  const rng = new Rng(seed);
  const pick = <Item>(...items: readonly [Item, ...Item[]]): Item =>
    items[Math.floor(rng.unit() * items.length)] ?? items[0];
  const isFair = rng.unit() < 0.5;
  const script = isFair ? fairScript(pick) : anyScript(pick);
  const way = pick("auto", "auto", "lan", "map", "relay");
  const options: Partial<ReolinkSignalingOptions> = {
    way: isFair ? "auto" : way,
    attempts: isFair ? 10 : pick(1, 2, 10),
    moreMiddlemen: pick(true, false),
    entropy: rng.fork().entropy,
  };
  const cloud = new ScriptedCloud(script, options, weather(rng, worstFor(script, isFair)));
  const endsAt = rng.unit() * 20_000;
  cloud.run(pick(0, endsAt)).command((machine, now) => machine.endMiddlemen(now));
  if (!isFair && pick(true, false, false)) {
    cloud.run(endsAt).command((machine, now) => machine.close(now));
  }
  cloud.run(DECIDED_BY);

  const [established, ...others] = cloud.eventsOf("established");
  assert.equal(others.length, 0, "established twice");
  const isDecided = established !== undefined || cloud.eventsOf("closed").length > 0;
  assert.ok(isDecided, "neither established nor closed");
  if (isFair) assert.ok(established !== undefined, "a camera that can be met was not met");

  cloud.command((machine, now) => machine.close(now)).run(DECIDED_BY + 1_000);
  const closed = cloud.eventsOf("closed");
  assert.equal(closed.length, 1, "closed must come once");
  assert.equal(cloud.events.at(-1)?.event.type, "closed", "closed must come last");
  assert.equal(cloud.machine.pollTimeout(), undefined, "something is still scheduled");
  assertBalanced(cloud);
  const sent = cloud.sent.length;
  assert.equal(cloud.run(DECIDED_BY + 60_000).sent.length, sent, "it goes on sending");
  const [end] = closed;
  const met = established === undefined ? "" : `${established.way} `;
  return {
    result: `${met}${end?.reason} ${end?.stage}`,
    at: cloud.timeOf("established") ?? cloud.timeOf("closed") ?? DECIDED_BY,
  };
}

type Pick = <Item>(...items: readonly [Item, ...Item[]]) => Item;

/** At least one path works, and everybody is there. */
function fairScript(pick: Pick): Partial<CloudScript> {
  const direct = { local: pick(true, false), map: pick<boolean | "odd">(true, false, "odd") };
  return {
    middlemen: pick<CloudScript["middlemen"]>(
      ["knows"],
      [-3, "silent", "knows"],
      ["knows", "knows", "knowsOther"],
      ["silent", "knowsOther", -3, "silent"],
    ),
    refusals: pick(0, 0, 1, 3),
    refusalRsp: pick(-1, -3),
    earlyAfter: pick<number | undefined>(undefined, 40, 300),
    fullAfter: pick(140, 20, 900),
    namesRelay: pick(true, false),
    relayAnswers: true,
    ownTids: pick(true, false),
    direct,
    wakesAfter: pick(20, 600, 4_000),
    lanAfter: pick<number | undefined>(undefined, undefined, 0, 3_000, 11_000),
  };
}

function anyScript(pick: Pick): Partial<CloudScript> {
  return {
    ...fairScript(pick),
    middlemen: pick<CloudScript["middlemen"]>(
      ["knows"],
      ["knows", -3, "silent"],
      ["empty", "knows"],
      ["knows", "knowsOther", -7],
      [-3, -3],
      ["silent"],
      [],
    ),
    silentRegisters: pick([], [], [REG], [REG, OTHER_REG]),
    refusals: pick(0, 0, 2, 99),
    fullAfter: pick<number | undefined>(undefined, 140),
    relayAnswers: pick(true, false),
    direct: { local: pick(true, false), map: pick<boolean | "odd">(true, false, "odd") },
    confirmRsp: pick(0, 0, -1),
    deafFor: pick(0, 1, 99),
    lanRsp: pick(0, -1),
    goodbyeAfter: pick<number | undefined>(undefined, undefined, 10, 300, 5_000),
  };
}

/**
 * How bad the network may be. Where other middlemen say that they do not know the camera, nine lost
 * exchanges in a row with the one that does end the search: at 30 % loss that happens.
 */
function worstFor({ middlemen = [] }: Partial<CloudScript>, isFair: boolean): number {
  if (!isFair) return 0.6;
  return middlemen.some((says) => typeof says === "number") ? 0.15 : 0.3;
}

function weather(rng: Rng, worst: number): Weather {
  const link = new Link({
    delay: rng.unit() * 400,
    jitter: rng.unit() * 50,
    loss: rng.unit() * worst,
    duplicate: rng.unit() * worst,
    reorder: rng.unit() * worst,
    reorderDelay: 400,
  }, rng.fork());
  return (now, size) => link.offer(now, size);
}

function assertBalanced(cloud: ScriptedCloud): void {
  const open = new Set<string>();
  for (const { stage, status } of cloud.eventsOf("stage")) {
    if (status === "started") open.add(stage);
    else assert.ok(open.delete(stage), `${stage} ${status} without a beginning`);
  }
  assert.deepEqual([...open], [], "stages left open");
}

const SEEDS = 100;

const TITLE = `ReolinkSignaling ends well or with a reason through ${SEEDS} networks at random`;

test(TITLE, { timeout: 60_000 }, () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    try {
      runRandomSignaling(seed);
    } catch (cause) {
      throw new Error(`Cannot accept the run with seed ${seed}`, { cause });
    }
  }
});
