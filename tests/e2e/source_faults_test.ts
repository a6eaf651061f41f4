/**
 * What viewers see of a camera that freezes, goes away, restarts or lets its clock jump: real players
 * over TCP and UDP, and the hub pulling the camera over a real socket.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { LinkError } from "../../lib/hub/link/link_error.ts";
import { MediaPath } from "../../lib/hub/media/media_path.ts";
import { startRtspPull } from "../../lib/hub/media/rtsp_pull.ts";
import { systemWorld } from "../../lib/io/world.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import { silentLog } from "../../lib/log/log.ts";
import { startRtspServer } from "../../lib/rtsp/server/server.ts";
import { missing } from "../interop/players.ts";
import { type ClipPlaces, clipPlaces, makeClip, type ShownFrame } from "../interop/players_clip.ts";
import { LivePlayer } from "../interop/players_live.ts";
import { FickleCamera } from "../support/fickle_camera.ts";
import { withSim } from "../support/forwarding.ts";
import { startProgram } from "../support/program.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const STALL = 1_000;

interface Stage {
  readonly camera: FickleCamera;
  readonly players: readonly LivePlayer[];
  /** Where the hub offers the camera. */
  readonly url: string;
}

const skip = missing("ffmpeg", "-version") || noEncoder();

function noEncoder(): string | false {
  const { stdout } = spawnSync("ffmpeg", ["-v", "error", "-encoders"], { encoding: "utf8" });
  return stdout.includes(" libx264 ") ? false : "this ffmpeg was built without libx264";
}

/** A test with players of a camera, which show a second of it already. */
function faultTest(name: string, body: (stage: Stage) => Promise<void>): void {
  test(skip ? `${name}, skipped as ${skip}` : name, { skip, timeout: 40_000 }, async () => {
    const camera = await FickleCamera.start();
    const path = pathOf(camera);
    const server = await startRtspServer(systemWorld, {
      listen: LOOPBACK,
      find: () => path.find(),
      openUdp: systemWorld.openUdp,
      log: silentLog,
    });
    const url = `rtsp://127.0.0.1:${server.endpoint.port}/camera`;
    const players = [new LivePlayer(url, "tcp"), new LivePlayer(url, "udp")];
    try {
      await Promise.all(players.map((player) => player.shows(30)));
      await body({ camera, players, url });
    } finally {
      await Promise.all(players.map((player) => player.stop()));
      await server.close();
      await path.close();
      await camera.close();
    }
  });
}

/** The hub's one stream of a camera that is pulled over plain TCP. */
function pathOf(camera: FickleCamera): MediaPath {
  const { clock, entropy } = systemWorld;
  return new MediaPath({
    startPull: async (onUnit, signal) =>
      await startRtspPull({
        stream: await dial(camera, signal),
        url: "rtsp://camera/live",
        credentials: undefined,
        clock,
        entropy,
        onUnit,
        signal,
      }),
    renew: () => {},
    clock,
    entropy,
    limits: { stall: STALL },
    onEvent: () => {},
    onBug: (error) => {
      throw error;
    },
  });
}

async function dial({ endpoint }: FickleCamera, signal: AbortSignal): Promise<ByteStream> {
  try {
    return await systemWorld.dialTcp(endpoint, signal);
  } catch (error) {
    throw new LinkError({ reason: "peer", stage: "open", detail: String(error), advice: "" });
  }
}

function after(duration: number): Promise<void> {
  return new Promise((resolve) => void systemWorld.clock.setTimer(duration, resolve));
}

/**
 * Fails unless the player has shown pictures of the clip only, time never ran back, sound was in
 * step with the picture, and there was one pause, of so many seconds at most.
 */
function assertOnePause(player: LivePlayer, places: ClipPlaces, longest: number): void {
  assert.equal(player.complaints, "");
  const { frames, pictures } = player;
  assert.ok(pictures.every(({ checksum }) => places.pictures.has(checksum)), "a broken picture");
  assertTimeGoesOn(pictures, longest);
  assertTimeGoesOn(frames.filter(({ stream }) => stream === 1), longest);
  const lags = lagsOf(frames, places);
  assert.ok(lags.every((lag) => Math.abs(lag) < 0.1), `sound is late by ${lags} s`);
}

function assertTimeGoesOn(frames: readonly ShownFrame[], longest: number): void {
  const steps = frames.slice(1).map(({ seconds }, i) => seconds - (frames[i]?.seconds ?? 0));
  assert.ok(steps.every((step) => step > 0), `time runs back: ${steps}`);
  const pauses = steps.filter((step) => step > 0.2);
  assert.ok(pauses.length <= 1, `pauses of ${pauses} s`);
  assert.ok(pauses.every((pause) => pause < longest), `a pause of ${pauses} s`);
}

/**
 * How late each sound that the clip has once only was against the pictures around it, in seconds;
 * where those are of two different times of the clip, nobody can tell.
 */
function lagsOf(frames: readonly ShownFrame[], { pictures, sounds, duration }: ClipPlaces) {
  const late = (one: number, other: number) => {
    const turns = (one - other) / duration;
    return (turns - Math.round(turns)) * duration;
  };
  const delays = frames.flatMap(({ stream, seconds, checksum }) => {
    const place = (stream === 0 ? pictures : sounds).get(checksum);
    return place === undefined ? [] : [{ stream, delay: seconds - place }];
  });
  return delays.flatMap(({ stream, delay }, i) => {
    const before = delays.slice(0, i).findLast((one) => one.stream === 0)?.delay;
    const next = delays.slice(i).find((one) => one.stream === 0)?.delay;
    if (stream === 0 || before === undefined || next === undefined) return [];
    return Math.abs(late(before, next)) < 0.01 ? [late(delay, before)] : [];
  });
}

faultTest("a camera that freezes is pulled again: viewers see a pause", async (stage) => {
  const { camera, players } = stage;
  const places = await clipPlaces("h264");
  camera.isFrozen = true;
  await after(STALL / 2);
  assert.equal(camera.accepted, 1);
  await after(STALL);
  camera.isFrozen = false;
  await Promise.all(players.map((player) => player.shows(30)));
  assert.ok(camera.accepted > 1);
  for (const player of players) assertOnePause(player, places, 4);
});

faultTest(
  "a camera that goes away and comes back is waited for, also by who comes meanwhile",
  async (stage) => {
    const { camera, players, url } = stage;
    const places = await clipPlaces("h264");
    await camera.vanish();
    const late = new LivePlayer(url, "tcp");
    try {
      await after(1_500);
      await camera.comeBack();
      await Promise.all([...players, late].map((player) => player.shows(30)));
      for (const player of [...players, late]) assertOnePause(player, places, 6);
    } finally {
      await late.stop();
    }
  },
);

faultTest(
  "a camera whose clock jumps is straightened out: viewers see nothing of it",
  async (stage) => {
    const { camera, players } = stage;
    const places = await clipPlaces("h264");
    for (const jump of [3_600, -7_200, -2]) {
      camera.jump(jump);
      await Promise.all(players.map((player) => player.shows(12)));
    }
    assert.equal(camera.accepted, 1);
    for (const player of players) assertOnePause(player, places, 0.2);
  },
);

faultTest(
  "a camera that restarts as it was is pulled again: viewers see a pause",
  async (stage) => {
    const { camera, players } = stage;
    const places = await clipPlaces("h264");
    camera.restart();
    await Promise.all(players.map((player) => player.shows(30)));
    assert.equal(camera.accepted, 2);
    for (const player of players) assertOnePause(player, places, 3);
  },
);

faultTest(
  "a camera that restarts with other parameter sets ends its viewers, and new ones see them",
  async (stage) => {
    const { camera, players, url } = stage;
    camera.restart(makeClip("320x240"));
    assert.deepEqual(await Promise.all(players.map((player) => player.exit)), [0, 0]);
    assert.deepEqual(players.map((player) => player.complaints), ["", ""]);
    const next = new LivePlayer(url, "tcp");
    try {
      await next.shows(30);
      assert.equal(next.complaints, "");
      assert.equal(camera.accepted, 2);
    } finally {
      await next.stop();
    }
  },
);

faultTest(
  "a camera that sends other parameter sets as it goes takes its viewers along",
  async (stage) => {
    const { camera, players } = stage;
    camera.change(makeClip("320x240"));
    await Promise.all(players.map((player) => player.shows(50)));
    assert.equal(camera.accepted, 1);
    for (const { complaints, pictures } of players) {
      assert.equal(complaints, "");
      assertTimeGoesOn(pictures, 2);
    }
  },
);

const frozen =
  "sightline open pulls a frozen camera again, then over a new tunnel, under its viewers";

test(skip ? `${frozen}, skipped as ${skip}` : frozen, { skip, timeout: 40_000 }, async () => {
  const places = await clipPlaces("h264");
  const camera = await FickleCamera.start();
  const ports = { "554": `127.0.0.1:${camera.endpoint.port}` };
  await withSim({ dahua: { cameras: [{ serial: "SIMULATED000001", ports }] } }, async (address) => {
    const open = startProgram(["open", address, "--listen", "127.0.0.1:0"]);
    const url = await open.line(/^rtsp:/);
    const players = [new LivePlayer(url, "tcp"), new LivePlayer(url, "udp")];
    try {
      await Promise.all(players.map((player) => player.shows(30)));
      camera.isFrozen = true;
      await after(10_500);
      camera.isFrozen = false;
      await Promise.all(players.map((player) => player.shows(30)));
      for (const player of players) assertOnePause(player, places, 16);
      const renewals = open.err.flatMap((line) =>
        /pulling again.* renewed=(\w+)/.exec(line)?.[1] ?? []
      );
      assert.deepEqual(renewals, ["false", "true"]);
    } finally {
      await Promise.all(players.map((player) => player.stop()));
    }
    open.stop();
    assert.equal(await open.exit, 0);
  });
  await camera.close();
});
