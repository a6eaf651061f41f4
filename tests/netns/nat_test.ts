/**
 * The program behind the kernel's own address translation, with every party on a host of its own.
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { missing } from "../interop/players.ts";
import { type Client, digest } from "./client.ts";
import { type Masquerade, whyNoHomes } from "./internet.ts";
import { CLOUD_ADDRESS, FILE_BYTES, PORTS } from "./plan.ts";
import { Stage } from "./stage.ts";

interface Case {
  readonly name: string;
  readonly start: (stage: Stage) => Promise<Client>;
  readonly way: string;
  /** Where the tunnel ends. */
  readonly peer: RegExp;
  readonly picture?: true;
}

const CAMERA_HOME = /^198\.51\.100\.2[01]:/;
const AGENT = new RegExp(`^${CLOUD_ADDRESS.replaceAll(".", "\\.")}:9`);

const CASES: readonly Case[] = [
  {
    name: "directly through two routers that preserve ports",
    start: inOwnHome("preserving", "preserving"),
    way: "direct",
    peer: CAMERA_HOME,
    picture: true,
  },
  {
    name: "over the relay when both routers pick a port for each destination",
    start: inOwnHome("random", "random"),
    way: "relay",
    peer: AGENT,
    picture: true,
  },
  {
    name: "over the relay when only the camera's router does",
    start: inOwnHome("preserving", "random"),
    way: "relay",
    peer: AGENT,
  },
  {
    name: "over the relay when only the viewer's router does",
    start: inOwnHome("random", "preserving"),
    way: "relay",
    peer: AGENT,
  },
  {
    name: "inside the network when both share one",
    start: (stage) => stage.addNeighbour("preserving"),
    way: "lan",
    peer: /^192\.168\.1\.10:/,
  },
];

/** From the start of the program until connections are carried. */
const OPEN_WITHIN_SECONDS = 6;

const skip = await whyNoHomes();
const noPicture = missing("ffmpeg", "-version");

let opening: Promise<Stage> | undefined;

for (const { name, start, way, peer, picture } of CASES) {
  const title = `way=auto reaches a camera ${name}`;
  test(skip ? `${title}, skipped as ${skip}` : title, { skip, timeout: 30_000 }, async () => {
    opening ??= Stage.open();
    const client = await start(await opening);
    const opened = await client.opened();
    console.log(`way=auto took ${opened.way}, open ${opened.seconds.toFixed(2)} s after its start`);
    assert.equal(opened.way, way);
    assert.match(opened.peer, peer);
    assert.ok(opened.seconds < OPEN_WITHIN_SECONDS, `open after ${opened.seconds} s`);
    const { complete, bytes, sha256 } = await client.download(PORTS.file).result();
    assert.deepEqual([complete, bytes, sha256], [true, FILE_BYTES, digest(FILE_BYTES)]);
    if (picture && !noPicture) {
      assert.deepEqual(await client.play(3).result(), { pictures: 75, errors: "" });
    }
    assert.equal(await client.stop(), 0);
  });
}

after(async () => {
  const stage = await opening?.catch(() => undefined);
  await stage?.close();
});

function inOwnHome(masquerade: Masquerade, camera: Masquerade) {
  return async (stage: Stage) => (await stage.addClient(masquerade, camera)).client;
}
