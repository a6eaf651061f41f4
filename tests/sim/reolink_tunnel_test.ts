import assert from "node:assert/strict";
import { test } from "node:test";
import { NAT_KINDS, type NatKind } from "../../lib/sim/nat.ts";
import { ReolinkTunnelWorld } from "../support/reolink_tunnel_world.ts";

/** Every frame has come, in time; `late` is how much later than the first one a frame may be. */
function assertWatched({ viewer, world }: ReolinkTunnelWorld, late: number): void {
  const [first] = viewer.frames;
  assert.ok(first !== undefined, "a picture comes");
  assert.equal(viewer.gaps, 0);
  let before = first;
  for (const frame of viewer.frames.slice(1)) {
    assert.ok(
      Math.abs(frame.time - before.time - 40) < 1,
      "frames are 40 ms apart, none is left out",
    );
    before = frame;
    const lag: number = frame.at - frame.time - (first.at - first.time);
    assert.ok(lag < late, `${lag} ms late`);
  }
  assert.ok(world.now - before.at < late + 100, "pictures come to the end");
}

const WAYS = ["lan", "map", "relay"] as const;

for (const way of WAYS) {
  for (const [index, loss] of [0, 0.01, 0.03, 0.05].entries()) {
    for (const delay of [0, 60]) {
      const stream = (index + delay) % 2 === 0 ? "main" : "sub";
      const name = `way ${way}, loss ${loss}, delay ${delay} ms each way, ${stream} stream`;
      test(`ReolinkTunnel brings every frame in time: ${name}`, () => {
        const link = { delay: `${delay}ms`, loss };
        const options = { tunnel: { way }, camera: { link }, stream, seed: 5 + index } as const;
        const world = new ReolinkTunnelWorld(options);
        assert.equal(world.open(), way);
        world.world.runFor(20_000);
        assertWatched(world, 100 + 20_000 * loss);
        assert.equal(world.tunnel.stats?.bad, 0);
        assert.equal(world.tunnel.stats?.duplicates, 0);
      });
    }
  }
}

/** Whether two such NATs let each other's holes be punched. */
function letsThrough(client: NatKind, camera: NatKind): boolean {
  const isStrict = (kind: NatKind) => kind === "cone" || kind === "symmetric";
  if (client === "symmetric") return !isStrict(camera);
  return camera !== "symmetric" || !isStrict(client);
}

for (const client of NAT_KINDS) {
  for (const camera of NAT_KINDS) {
    const direct = letsThrough(client, camera);
    test(`ReolinkTunnel goes ${direct ? "straight" : "by relay"} through NATs: ${client} to ${camera}`, () => {
      const world = new ReolinkTunnelWorld({ nat: client, camera: { nat: camera } });
      const way = world.open();
      assert.equal(way === "relay", !direct, `took ${way}`);
      world.world.runFor(5_000);
      assertWatched(world, 200);
    });
  }
}

test("ReolinkTunnel goes on when the camera changes its port under a running stream", () => {
  const camera = { faults: { movePortAfter: "5s" }, link: { delay: "20ms", loss: 0.02 } };
  const world = new ReolinkTunnelWorld({ camera, tunnel: { way: "map" } });
  world.open();
  const { peer } = world.tunnel;
  world.world.runFor(20_000);
  assert.notDeepEqual(world.tunnel.peer, peer);
  assertWatched(world, 500);
});

test("ReolinkTunnel bears a camera that repeats itself and knocks late, and lost acknowledgements", () => {
  const camera = {
    faults: { lateConfirmations: 10, lateKnockAfter: "3s", ackLoss: 0.5 },
    link: { delay: "10ms", loss: 0.01 },
  };
  const world = new ReolinkTunnelWorld({ camera });
  world.open();
  world.world.runFor(30_000);
  assertWatched(world, 1_000);
});

test("ReolinkTunnel carries what the camera's firmware cuts into little pieces", () => {
  const camera = { quirks: { maxPiece: 40 }, link: { delay: "10ms" } };
  const world = new ReolinkTunnelWorld({ camera, stream: "sub" });
  world.open();
  world.world.runFor(10_000);
  assertWatched(world, 300);
});

test("ReolinkTunnel ends when the camera ends it, and when it vanishes", () => {
  for (
    const [faults, reason, within] of [
      [{ disconnectAfter: "5s" }, "peer", 6_000],
      [{ vanishAfter: "5s" }, "timeout", 17_000],
    ] as const
  ) {
    const world = new ReolinkTunnelWorld({ camera: { faults } });
    world.open();
    world.world.runUntil(() => world.tunnel.state === "closed", within);
    assert.equal(world.find("closed")?.reason, reason);
  }
});

test("ReolinkTunnel wakes a battery camera, which goes back to sleep once it is closed", () => {
  const world = new ReolinkTunnelWorld({
    camera: { power: "battery", battery: { wakeTime: "2s", sleepAfter: "10s" } },
    tunnel: { attempts: 1 },
  });
  world.open();
  world.world.runFor(10_000);
  assertWatched(world, 200);
  world.command((tunnel, now) => tunnel.close(now));
  const began = world.world.now;
  world.world.runUntil(() => world.camera.power.state === "asleep", 20_000);
  assert.ok(world.world.now - began < 12_000, `${world.world.now - began} ms`);
  assert.equal(world.find("closed")?.reason, "local");
});

test("ReolinkTunnel slows down for a narrow line, and everything arrives", () => {
  // 2 Mbit/s, the stream has a sixth of that; its first picture comes as a burst.
  const camera = { link: { delay: "30ms", loss: 0.02 } };
  const world = new ReolinkTunnelWorld({ camera, link: { rate: 250_000 }, stream: "main" });
  world.open();
  world.world.runFor(20_000);
  assertWatched(world, 700);
});
