import assert from "node:assert/strict";
import { test } from "node:test";
import { isPtcpDatagram } from "../../lib/dahua/ptcp/segment.ts";
import { patternHash } from "../support/pattern.ts";
import { SERIAL, TunnelWorld } from "../support/tunnel_world.ts";

/** Paths of the requests the cloud has served. */
function requests(world: TunnelWorld): string[] {
  return world.world.events.flatMap(({ event }) => event.type === "request" ? [event.path] : []);
}

function waysTaken(world: TunnelWorld): string[] {
  return world.events.flatMap((event) => event.type === "open" ? [event.way] : []);
}

function waysFailed(world: TunnelWorld): string[] {
  return world.events.flatMap((event) => event.type === "wayFailed" ? [event.way] : []);
}

for (const nat of ["none", "full-cone", "cone", "symmetric"] as const) {
  test(`DahuaTunnel is on the relay within 6 s when a camera behind ${nat} answers no punch`, () => {
    for (const link of [{ delay: 5 }, { delay: 75 }, { delay: 30, loss: 0.03 }]) {
      const world = new TunnelWorld({ link, camera: { nat, faults: { silentPunch: true } } });
      assert.equal(world.open(), "relay");
      assert.ok(world.elapsed < 6_000, `took ${world.elapsed} ms`);
      assert.equal(world.download(100_000), patternHash(100_000));
    }
  });
}

test("DahuaTunnel says why the other ways failed while the relay carries", () => {
  const faults = { silentPunch: true };
  const world = new TunnelWorld({ link: { delay: 20 }, camera: { nat: "full-cone", faults } });
  world.open();
  world.world.runFor(6_000);
  assert.deepEqual(waysFailed(world).sort(), ["direct", "lan"]);
  assert.deepEqual(waysTaken(world), ["relay"]);
});

test("DahuaTunnel gives new streams a better way that comes up late, and cuts no open one", () => {
  const length = 4 << 20;
  const world = new TunnelWorld({
    link: { delay: 20 },
    camera: { nat: "full-cone", faults: { silentPunch: "4s" } },
  });
  assert.equal(world.open(), "relay");
  const received = new Map<number, number>();
  world.onBytes = (stream, bytes) => {
    received.set(stream, (received.get(stream) ?? 0) + bytes.byteLength);
  };
  world.service.sourceBytes = 0;
  const old = world.openStream();
  world.service.produce(1);
  world.world.runUntil(() => waysTaken(world).includes("direct"), 6_000);
  const late = world.elapsed;
  assert.ok(late > 4_000, `the better way came up after ${late} ms`);
  const isUnbound = () => requests(world).some((path) => path.startsWith("/relay/unbind/"));
  const fresh = world.openStream();
  world.world.runFor(500);
  assert.deepEqual(sessionsByWay(world), { relay: 1, direct: 1 });
  assert.equal(isUnbound(), false, "the agent is still needed");
  world.service.produce(length);
  world.world.runUntil(() => received.get(old) === length && received.get(fresh) === length, 6e5);
  assert.equal(isUnbound(), false, "the agent is still needed");
  world.command((tunnel, now) => tunnel.closeStream(now, old));
  world.world.runFor(1_000);
  assert.ok(isUnbound(), "nobody needs the agent any more");
  world.service.produce(length);
  world.world.runUntil(() => received.get(fresh) === 2 * length, 600_000);
  assert.deepEqual(waysTaken(world), ["relay", "direct"]);
});

/** Sessions the camera has opened, by the way they came. */
function sessionsByWay(world: TunnelWorld): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { event } of world.world.events) {
    if (event.type === "sessionOpen") counts[event.way] = (counts[event.way] ?? 0) + 1;
  }
  return counts;
}

test("DahuaTunnel stays open on the relay when the better way fails in its handshake", () => {
  const world = new TunnelWorld({
    link: { delay: 20 },
    camera: { nat: "full-cone", faults: { silentPunch: "3s" } },
  });
  world.loses = (via, bytes) => via === "device" && isPtcpDatagram(bytes);
  assert.equal(world.open(), "relay");
  world.world.runUntil(() => waysFailed(world).includes("direct"), 30_000);
  assert.equal(world.tunnel.state, "open");
  assert.equal(world.download(100_000), patternHash(100_000));
  assert.deepEqual(waysTaken(world), ["relay"]);
});

for (const way of ["lan", "direct"] as const) {
  test(`DahuaTunnel comes to an end when the camera leaves in the middle of opening, way ${way}`, () => {
    const nat = way === "lan" ? "none" : "full-cone";
    const world = new TunnelWorld({
      link: { delay: 20 },
      camera: { nat, link: { delay: "5ms" } },
      tunnel: { way },
    });
    world.world.runUntil(() => world.tunnel.state === "authenticating", 10_000);
    world.world.network.setUp(SERIAL, false);
    world.open(30_000);
    const { reason, stage, detail } = world.find("closed") ?? {};
    assert.deepEqual([reason, stage], ["timeout", "authenticating"]);
    assert.match(detail ?? "", /did not answer the handshake/);
    assert.deepEqual(waysFailed(world), [way]);
  });
}
