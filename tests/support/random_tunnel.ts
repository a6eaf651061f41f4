import assert from "node:assert/strict";
import type { DahuaTunnelEvent } from "../../lib/dahua/tunnel_event.ts";
import type { Duration } from "../../lib/machine.ts";
import { patternAt, patternHash } from "./pattern.ts";
import { anyScenario, Dice, survivableScenario } from "./random_scenario.ts";
import { TunnelWorld } from "./tunnel_world.ts";

/** How long an attempt may take to come to a result, whatever goes wrong. */
const DECIDED_WITHIN: Duration = 90_000;

/** How long the end may take, once asked for: an unbind of 1.5 s, a linger of 1 s. */
const CLOSED_WITHIN: Duration = 3_000;

/** How long a stream may be without an answer: binds go out in turn, each has 5 s. */
const ANSWERED_WITHIN: Duration = 40_000;

/** What a survivable world must carry, and in which time. */
const DOWNLOAD = 100_000;
const DOWNLOADED_WITHIN: Duration = 120_000;

/** What became of a run. */
export interface RandomRun {
  readonly ways: readonly string[];
  /** Reason and stage of the end. */
  readonly end: string;
  readonly bytes: number;
}

/** One stream of a run, as the client sees it. */
interface Track {
  readonly openedAt: number;
  received: number;
  answered: boolean;
  closed: boolean;
}

/**
 * A tunnel in a world of random faults, used at random: streams come and go, the path is cut, the
 * tunnel is closed. Throws when anything hangs, is lost, doubled, or left behind.
 */
export function runRandomTunnel(seed: number): RandomRun {
  const dice = new Dice(seed);
  const world = new TunnelWorld(anyScenario(dice, seed));
  const tracks = new Map<number, Track>();
  follow(world, tracks);
  world.open(DECIDED_WITHIN);
  world.service.sourceBytes = dice.upTo(300_000);
  const end = world.world.now + dice.upTo(40_000);
  while (world.tunnel.state !== "closed" && world.world.now < end) act(dice, world, tracks);
  if (dice.chance(0.5)) world.world.runFor(ANSWERED_WITHIN);
  assertAnswered(world, tracks);
  world.command((tunnel, now) => tunnel.close(now));
  world.world.runFor(CLOSED_WITHIN);
  assertOver(world, tracks);
  const closed = world.find("closed");
  return {
    ways: world.events.flatMap((event) => event.type === "open" ? [event.way] : []),
    end: `${closed?.reason} ${closed?.stage}`,
    bytes: [...tracks.values()].reduce((sum, { received }) => sum + received, 0),
  };
}

/** Keeps an account of every stream, and checks what it brings. */
function follow(world: TunnelWorld, tracks: Map<number, Track>): void {
  const serve = world.world.onEvent;
  world.onBytes = (stream, bytes) => {
    const track = tracks.get(stream);
    assert.ok(track !== undefined, "bytes of a stream nobody has opened");
    if (track.received + bytes.byteLength <= world.service.sourceBytes) {
      assert.deepEqual(bytes, patternAt(track.received, bytes.byteLength));
    }
    track.received += bytes.byteLength;
  };
  world.world.onEvent = (happened) => {
    if (happened.node === "client") note(happened.event as DahuaTunnelEvent, tracks);
    serve(happened);
  };
}

function note(event: DahuaTunnelEvent, tracks: Map<number, Track>): void {
  if (!("stream" in event)) return;
  const track = tracks.get(event.stream);
  assert.ok(track !== undefined && !track.closed, `${event.type} of a stream that is over`);
  if (event.type === "streamOpen") track.answered = true;
  if (event.type === "streamClosed") track.closed = true;
}

/** Does one thing, then lets a little time pass. */
function act(dice: Dice, world: TunnelWorld, tracks: Map<number, Track>): void {
  const streams = [...tracks].filter(([, { closed }]) => !closed).map(([stream]) => stream);
  const stream = streams.length === 0 ? 0 : dice.oneOf(streams);
  const { tunnel } = world;
  switch (dice.upTo(7)) {
    case 0:
    case 1: {
      if (!tunnel.isOpen || streams.length >= 8) break;
      const fresh = world.openStream();
      tracks.set(fresh, { openedAt: world.world.now, received: 0, answered: false, closed: false });
      break;
    }
    case 2:
      world.command((tunnel, now) => tunnel.closeStream(now, stream));
      break;
    case 3:
    case 4: {
      const space = Math.min(tunnel.streamSpace(stream), dice.upTo(20_000));
      if (space === 0) break;
      world.command((tunnel, now) => tunnel.writeStream(now, stream, new Uint8Array(space)));
      break;
    }
    case 5:
      if (dice.chance(0.8)) break;
      world.world.network.setUp("client", false);
      world.world.runFor(dice.upTo(16_000));
      world.world.network.setUp("client", true);
  }
  world.world.runFor(dice.upTo(2_000));
}

function assertAnswered(world: TunnelWorld, tracks: Map<number, Track>): void {
  for (const [stream, { openedAt, answered, closed }] of tracks) {
    const isLate = world.world.now - openedAt > ANSWERED_WITHIN;
    assert.ok(answered || closed || !isLate, `stream ${stream} was never answered`);
  }
}

function assertOver(world: TunnelWorld, tracks: Map<number, Track>): void {
  const { tunnel, events } = world;
  assert.equal(tunnel.state, "closed");
  assert.equal(events.at(-1)?.type, "closed");
  assert.equal(events.filter(({ type }) => type === "closed").length, 1);
  assert.equal(tunnel.pollTimeout(), undefined, "something is left to do");
  assert.equal(tunnel.pollTransmit(), undefined, "something is left to send");
  for (const [stream, { closed }] of tracks) {
    assert.ok(closed, `stream ${stream} outlived its tunnel`);
  }
  assert.ok((world.device.guard?.counters.failures ?? 0) <= 1, "a refused proof was repeated");
}

/**
 * A tunnel in a world in which it can get through: throws unless it does, and unless everything that
 * is sent arrives. Returns the way it took and how long that was, in milliseconds.
 */
export function runSurvivableTunnel(seed: number): { readonly way: string; readonly ms: number } {
  const world = new TunnelWorld(survivableScenario(new Dice(seed), seed));
  const way = world.open(DECIDED_WITHIN);
  assert.ok(way !== undefined, JSON.stringify(world.find("closed")));
  const ms = world.elapsed;
  assert.equal(world.download(DOWNLOAD, DOWNLOADED_WITHIN), patternHash(DOWNLOAD));
  return { way, ms };
}
