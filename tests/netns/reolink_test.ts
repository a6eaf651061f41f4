/** Reolink cameras behind the kernel's own address translation, each party on a host of its own. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { missing } from "../interop/players.ts";
import { whyNoHomes } from "./internet.ts";
import { type Opener, ReolinkStage } from "./reolink_stage.ts";

const CASES: readonly {
  readonly name: string;
  readonly start: (stage: ReolinkStage) => Promise<Opener>;
  readonly way: string;
  readonly picture?: true;
}[] = [
  {
    name: "straight through two routers that preserve ports",
    start: (stage) => stage.openFromAfar("preserving", "preserving"),
    way: "map",
    picture: true,
  },
  {
    name: "over the relay when both routers pick a port for each destination",
    start: (stage) => stage.openFromAfar("random", "random"),
    way: "relay",
    picture: true,
  },
  {
    name: "over the relay when only the camera's router does",
    start: (stage) => stage.openFromAfar("preserving", "random"),
    way: "relay",
  },
  {
    name: "over the relay when only the viewer's router does",
    start: (stage) => stage.openFromAfar("random", "preserving"),
    way: "relay",
  },
  {
    name: "over the relay where that is all that is allowed",
    start: (stage) => stage.openFromAfar("preserving", "preserving", "relay"),
    way: "relay",
  },
  {
    name: "by a broadcast inside the network when both share one",
    start: (stage) => stage.openNextTo("preserving"),
    way: "lan",
  },
];

/** From the start of the program until a key frame is in hand. */
const SHOWN_WITHIN_SECONDS = 8;

const skip = await whyNoHomes();
const noPlayer = missing("ffmpeg", "-version");

let opening: Promise<ReolinkStage> | undefined;

for (const { name, start, way, picture } of CASES) {
  const title = `sightline open shows a Reolink camera ${name}`;
  test(skip ? `${title}, skipped as ${skip}` : title, { skip, timeout: 40_000 }, async () => {
    opening ??= ReolinkStage.open();
    const opener = await start(await opening);
    const shown = await opener.shown();
    console.log(`took ${shown.way}, shown ${shown.seconds.toFixed(2)} s after its start`);
    assert.equal(shown.way, way);
    assert.ok(shown.seconds < SHOWN_WITHIN_SECONDS, `shown after ${shown.seconds} s`);
    if (picture && !noPlayer) {
      assert.deepEqual(await opener.play(shown.url, 3), { pictures: 75, errors: "" });
    }
    assert.equal(await opener.stop(), 0);
  });
}

after(async () => {
  const stage = await opening?.catch(() => undefined);
  await stage?.close();
});
