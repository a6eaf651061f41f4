/**
 * Every picture of the clip, byte for byte and on time, through the whole program but its sockets:
 * hub, session, tunnel, simulated cloud and camera. `SIGHTLINE_LONG=1` watches for a minute each.
 */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { loadClip } from "../../lib/sim/clip/clip.ts";
import { ReolinkHubWorld, type ReolinkHubWorldOptions } from "../support/reolink_hub_world.ts";

const SECONDS = process.env["SIGHTLINE_LONG"] === "1" ? 60 : 5;

/** What a picture may be late by: it is kept for a while to be shown evenly. */
const LATE = 3_000;

const WAYS = ["lan", "map", "relay"] as const;
const LOSSES = [0, 0.01, 0.03, 0.05];
const DELAYS = [0, 60];

const STREAMS = {
  main: { path: "/yard", clip: { video: "h265", audio: "aac" } },
  sub: { path: "/yard/sub", clip: { video: "h264", audio: "aac" } },
} as const;

for (const way of WAYS) {
  for (const [index, loss] of LOSSES.entries()) {
    for (const delay of DELAYS) {
      for (const [name, { path, clip }] of Object.entries(STREAMS)) {
        test(`A camera is seen as it is: way ${way}, loss ${100 * loss} %, delay ${delay} ms, ${name}`, async () => {
          const link = { delay: `${delay}ms`, loss };
          await seeAll({ camera: { link }, query: `way=${way}`, seed: 5 + index }, path, clip, way);
        });
      }
    }
  }
}

for (const audio of ["aac", "adpcm", "none"] as const) {
  for (const encryption of ["none", "bc", "aes", "aes3", "full"] as const) {
    test(`A camera is seen as it is: encryption ${encryption}, sound ${audio}, over TCP`, async () => {
      const camera = { audio, encryption, lan: { port: 9_000 } };
      const clip = { video: "h265", audio } as const;
      await seeAll({ camera, isByAddress: true }, "/yard", clip, "tcp");
    });
  }
}

async function seeAll(
  options: ReolinkHubWorldOptions,
  path: string,
  clip: Parameters<typeof loadClip>[0],
  way: string,
): Promise<void> {
  const world = await ReolinkHubWorld.open(options);
  const viewer = await world.watch(path);
  await world.pass(SECONDS * 1_000);
  assert.equal(world.status.way, way);
  const original = loadClip(clip);
  assert.equal(viewer.tracks.length, original.tracks.length);
  viewer.assertSawAll(original, (SECONDS - LATE / 1_000) * 25);
  const sounds = original.tracks.length > 1 ? viewer.sounds.length : 1;
  assert.ok(sounds > 0, "there is sound");
  assert.equal(world.told("error").length, 0);
  await world.result(world.hub.close(), 5_000);
}
