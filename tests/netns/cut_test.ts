/**
 * The path to the camera cut under running viewers, at the kernel's own interfaces.
 *
 * All cuts happen side by side, as most of their time is waiting. `SIGHTLINE_LONG=1` makes the long
 * ones last a minute.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { missing } from "../interop/players.ts";
import { digest } from "./client.ts";
import { type Home, type Masquerade, whyNoHomes } from "./internet.ts";
import { FEED_BYTES, FILE_BYTES, PORTS } from "./plan.ts";
import { Stage } from "./stage.ts";

interface Cut {
  readonly name: string;
  /** Routers on both sides. */
  readonly masquerade: Masquerade;
  readonly way: string;
  readonly set: (home: Home, up: boolean) => Promise<void>;
}

/** The router keeps its table: the way it translated goes on. */
const setLine = (home: Home, up: boolean) => home.setLine(up);

/** The router loses its table: the way it translated may become another one. */
const setUplink = (home: Home, up: boolean) => home.setUplink(up);

const SHORT_SECONDS = 5;
const SHORT_CUTS: readonly Cut[] = [
  {
    name: "a direct tunnel whose router's uplink was down",
    masquerade: "preserving",
    way: "direct",
    set: setUplink,
  },
  {
    name: "a relayed tunnel whose line was down",
    masquerade: "random",
    way: "relay",
    set: setLine,
  },
];

const LONG_SECONDS = process.env["SIGHTLINE_LONG"] ? 60 : 30;
const LONG_CUTS: readonly Cut[] = [
  {
    name: "a direct tunnel whose line was down",
    masquerade: "preserving",
    way: "direct",
    set: setLine,
  },
  {
    name: "a relayed tunnel whose router's uplink was down",
    masquerade: "random",
    way: "relay",
    set: setUplink,
  },
];

/**
 * The camera waits twice as long before each retransmission, and what it sends is still lost until
 * the next heartbeat of the viewer's side, every 5 s, has opened a router that has forgotten all.
 */
const LONGEST_GAP_SECONDS = 2 * (SHORT_SECONDS + 5) + 2;

/** How long a dead path may go unnoticed, and some time for the program to say so. */
const NOTICED_WITHIN_SECONDS = 17;

/** How long after the path is back a viewer that retries may still wait: backoff and handshake. */
const BACK_WITHIN_SECONDS = 25;

const PLAYED_SECONDS = 12;
const PICTURES_PER_SECOND = 25;

const MAX_ATTEMPTS = 20;

const skip = await whyNoHomes();
const noPicture = missing("ffmpeg", "-version") !== false;

const running = new Map<Cut, Promise<void>>();
let opening: Promise<Stage> | undefined;

/** Runs a test of all; the first one starts all of them. */
function run(cut: Cut): Promise<void> {
  if (running.size === 0) {
    opening = Stage.open();
    for (const short of SHORT_CUTS) start(short, opening.then((stage) => cutShortly(stage, short)));
    for (const long of LONG_CUTS) start(long, opening.then((stage) => cutForLong(stage, long)));
  }
  return running.get(cut) ?? Promise.reject(new Error("Every cut is in one of the lists"));
}

function start(cut: Cut, result: Promise<void>): void {
  // Whose test comes later may fail before.
  result.catch(() => {});
  running.set(cut, result);
}

async function cutShortly(stage: Stage, { masquerade, way, set }: Cut): Promise<void> {
  const { client, home } = await stage.addClient(masquerade, masquerade);
  assert.equal((await client.opened()).way, way);
  const download = client.download(PORTS.feed);
  const player = noPicture ? undefined : client.play(PLAYED_SECONDS);
  await Promise.all([download.begun(), player?.begun()]);
  await pause(1_000);
  await set(home, false);
  await pause(SHORT_SECONDS * 1000);
  await set(home, true);
  const { complete, bytes, sha256, longestGap } = await download.result();
  const gap = longestGap / 1000;
  console.log(`${way}: cut for ${SHORT_SECONDS} s, nothing came for ${gap.toFixed(1)} s`);
  assert.deepEqual([complete, bytes, sha256], [true, FEED_BYTES, digest(FEED_BYTES)]);
  assert.ok(gap > SHORT_SECONDS - 1 && gap < LONGEST_GAP_SECONDS, `nothing for ${gap} s`);
  if (player !== undefined) {
    const pictures = PLAYED_SECONDS * PICTURES_PER_SECOND;
    assert.deepEqual(await player.result(), { pictures, errors: "" });
  }
  assert.equal(client.count("lost"), 0);
  assert.equal(await client.stop(), 0);
}

async function cutForLong(stage: Stage, { masquerade, way, set }: Cut): Promise<void> {
  const { client, home } = await stage.addClient(masquerade, masquerade);
  assert.equal((await client.opened()).way, way);
  const download = client.download(PORTS.feed);
  await download.begun();
  await set(home, false);
  const cutAt = performance.now();
  await client.event("lost");
  const noticed = secondsSince(cutAt);
  assert.equal((await download.result()).complete, false);
  const served = Promise.all([
    retry(async () => (await client.download(PORTS.file).result()).bytes === FILE_BYTES),
    noPicture || retry(async () => (await client.play(1).result()).pictures > 0),
  ]);
  await pause((LONG_SECONDS - secondsSince(cutAt)) * 1000);
  await set(home, true);
  const mendedAt = performance.now();
  await served;
  const back = secondsSince(mendedAt);
  console.log(
    `${way}: loss noticed after ${noticed.toFixed(1)} s, back ${back.toFixed(1)} s after its end`,
  );
  assert.ok(noticed < NOTICED_WITHIN_SECONDS, `noticed after ${noticed} s`);
  assert.ok(back < BACK_WITHIN_SECONDS, `back after ${back} s`);
  assert.equal(client.count("open"), 2);
  assert.equal(await client.stop(), 0);
}

/** What an obstinate viewer does. */
async function retry(attempt: () => Promise<boolean>): Promise<void> {
  for (let left = MAX_ATTEMPTS; left > 0; left--) {
    if (await attempt()) return;
  }
  throw new Error(`Cannot be served: ${MAX_ATTEMPTS} attempts in vain`);
}

function secondsSince(instant: number): number {
  return (performance.now() - instant) / 1000;
}

for (const cut of [...SHORT_CUTS, ...LONG_CUTS]) {
  const isShort = SHORT_CUTS.includes(cut);
  const title = isShort
    ? `a viewer goes on over ${cut.name} for ${SHORT_SECONDS} s`
    : `a viewer that retries is served over ${cut.name} for ${LONG_SECONDS} s`;
  const options = { skip, timeout: 150_000 };
  test(skip ? `${title}, skipped as ${skip}` : title, options, () => run(cut));
}

after(async () => {
  await Promise.allSettled(running.values());
  const stage = await opening?.catch(() => undefined);
  await stage?.close();
});
