import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { DahuaWorld, field } from "../support/dahua_world.ts";
import { endpointOf } from "../support/virtual_topologies.ts";
import { patternHash } from "../support/pattern.ts";
import { TunnelWorld, type TunnelWorldOptions } from "../support/tunnel_world.ts";

const LINK = { delay: 20 };

/** Reason, stage and detail of the tunnel's end; fails when it does not come within `limit`. */
function endOf(world: TunnelWorld, limit: number) {
  world.world.runUntil(() => world.tunnel.state === "closed", limit);
  world.world.runFor(0);
  return world.find("closed") ?? assert.fail("a closed tunnel says so");
}

/** What became of a stream. */
function closeOf(world: TunnelWorld, stream: number) {
  const event = world.events.find((one) => one.type === "streamClosed" && one.stream === stream);
  return event?.type === "streamClosed" ? event : undefined;
}

/** Paths asked of the cloud that begin like this. */
function asked(world: TunnelWorld, path: string): number {
  return world.world.events.filter(({ event }) =>
    event.type === "request" && event.path.startsWith(path)
  ).length;
}

test("DahuaTunnel finds the one relay server that works, whichever it is", () => {
  for (const alive of [0, 1, 2]) {
    const relays = [0, 1, 2].map((index) => {
      return index === alive ? {} : { [index % 2 === 0 ? "silent" : "garbage"]: true };
    });
    const [relay = {}, ...moreRelays] = relays;
    for (const way of ["relay", "direct"] as const) {
      const world = new TunnelWorld({
        link: LINK,
        servers: { relay, moreRelays },
        tunnel: { way },
        camera: { nat: "full-cone" },
      });
      assert.equal(world.open(), way, JSON.stringify(world.find("closed")));
      assert.ok(world.elapsed < 1_000 + alive * 4_500, `took ${world.elapsed} ms`);
      assert.equal(asked(world, "/online/relay"), alive + 1);
    }
  }
});

test("the main server names its relay servers in turn, and the same one for the same request", () => {
  const dahua = new DahuaWorld({ dahua: { servers: { moreRelays: [{}, {}] } } });
  const ask = (cseq: number) => field(dahua.request("/online/relay", { cseq })[0], "Address");
  const named = [1, 1, 2, 3, 4].map(ask);
  assert.equal(new Set(named).size, 3);
  assert.deepEqual([named[1], named[4]], [named[0], named[0]]);
});

test("a relay server allots late as long as agents are out that were not given back", () => {
  const dahua = new DahuaWorld({ dahua: { servers: { relay: { delayPerHeld: "2s" } } } });
  const to = endpointOf(dahua.cloud.sockets, "relay");
  const allot = (wait: number) => dahua.request("/relay/agent", { to, wait })[0];
  const token = field(allot(10), "Token");
  assert.equal(allot(1_900), undefined);
  dahua.world.runFor(200);
  assert.equal(allot(3_900), undefined);
  dahua.request(`/relay/unbind/${token}`, { to });
  assert.equal(dahua.cloud.agentsHeld, 2);
});

test("DahuaTunnel gives its agent back at whatever moment it is closed", () => {
  for (const way of ["auto", "direct", "relay"] as const) {
    for (let at = 0; at < 800; at += 10) {
      const world = new TunnelWorld({
        link: LINK,
        servers: { relay: { delay: "70ms" } },
        camera: { nat: "full-cone" },
        tunnel: { way },
      });
      world.world.runFor(at);
      world.command((tunnel, now) => tunnel.close(now));
      world.world.runFor(3_000);
      assert.equal(world.cloud.agentsHeld, 0, `closed after ${at} ms, way ${way}`);
    }
  }
});

const FAILURES: readonly [string, TunnelWorldOptions][] = [
  ["no punch is answered", { camera: { faults: { silentPunch: true } }, tunnel: { way: "lan" } }],
  ["the agent does not speak", { servers: { agent: { silent: true } } }],
  ["the camera answers nobody", { camera: { faults: { silent: true } } }],
  ["the camera vanishes", { camera: { faults: { vanishAfter: "5s" } } }],
  ["the camera vanishes behind the relay", {
    camera: { faults: { vanishAfter: "5s" } },
    tunnel: { way: "relay" },
  }],
  ["credentials are missing", { camera: { auth: "required" } }],
];

for (const [name, options] of FAILURES) {
  test(`DahuaTunnel gives its agent back when ${name}`, () => {
    const world = new TunnelWorld({ link: LINK, ...options });
    world.open();
    if (world.tunnel.isOpen) world.openStream();
    endOf(world, 120_000);
    world.world.runFor(1_000);
    assert.equal(world.cloud.agentsHeld, 0);
  });
}

test("DahuaTunnel tells a camera that answers nobody from one that is not there", () => {
  const world = new TunnelWorld({ link: LINK, camera: { faults: { silent: true } } });
  const { reason, stage, detail } = endOf(world, 60_000);
  assert.deepEqual([reason, stage], ["timeout", "channel"]);
  assert.match(detail, /camera did not answer/);
});

test("DahuaTunnel notices at once when its agent resets the session", () => {
  const world = new TunnelWorld({
    link: LINK,
    servers: { agent: { resetAfter: "10s" } },
    tunnel: { way: "relay" },
  });
  world.open();
  const { reason, stage } = endOf(world, 10_500);
  assert.deepEqual([reason, stage], ["peer", "open"]);
});

test("DahuaTunnel notices within 15 s when its agent forgets the session", () => {
  const world = new TunnelWorld({
    link: LINK,
    servers: { agent: { forgetAfter: "30s" } },
    tunnel: { way: "relay" },
  });
  world.open();
  world.openStream();
  const { reason, stage } = endOf(world, 45_000);
  assert.deepEqual([reason, stage], ["timeout", "open"]);
  assert.ok(world.elapsed > 30_000, `ended after ${world.elapsed} ms`);
});

test("DahuaTunnel does not mind an agent that goes once the direct way is open", () => {
  for (const fault of ["resetAfter", "forgetAfter"]) {
    const world = new TunnelWorld({ link: LINK, servers: { agent: { [fault]: "2s" } } });
    assert.equal(world.open(), "lan");
    world.world.runFor(60_000);
    assert.equal(world.download(100_000), patternHash(100_000));
  }
});

test("DahuaTunnel passes on the end of a connection at any moment, and what came before it", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const world = new TunnelWorld({
      seed,
      link: { ...LINK, loss: 0.01 },
      camera: { faults: { disconnectAfter: "0s", disconnectJitter: "2s" } },
    });
    world.open();
    world.service.sourceBytes = 1 << 20;
    const pieces: Uint8Array[] = [];
    world.onBytes = (_stream, bytes) => pieces.push(bytes.slice());
    const stream = world.openStream();
    world.world.runUntil(() => closeOf(world, stream) !== undefined, 10_000);
    assert.equal(closeOf(world, stream)?.reason, "peer");
    const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert.equal(hashOf(pieces), patternHash(length), `seed ${seed}`);
    assert.ok(world.tunnel.isOpen, "the tunnel lives on");
  }
});

/** Streams opened on a camera that bears two, after two of them have had a second. */
function pastTheLimit(pastRealmLimit: string) {
  const world = new TunnelWorld({
    link: LINK,
    camera: { faults: { realmLimit: 2, pastRealmLimit } },
  });
  world.open();
  const received = new Map<number, number>();
  world.onBytes = (stream, bytes) => {
    received.set(stream, (received.get(stream) ?? 0) + bytes.byteLength);
  };
  const streams = [world.openStream(), world.openStream()];
  world.world.runFor(1_000);
  const third = world.openStream();
  world.world.runFor(6_000);
  world.service.produce(50_000);
  world.world.runFor(2_000);
  return { world, third, carried: streams.map((stream) => received.get(stream) ?? 0) };
}

test("a camera past its realm limit refuses one more when the scenario says so", () => {
  const { world, third, carried } = pastTheLimit("refuse");
  assert.match(closeOf(world, third)?.detail ?? "", /refused/);
  assert.deepEqual(carried, [50_000, 50_000]);
});

test("a camera past its realm limit ignores one more when the scenario says so", () => {
  const { world, third, carried } = pastTheLimit("ignore");
  assert.match(closeOf(world, third)?.detail ?? "", /did not answer/);
  assert.deepEqual(carried, [50_000, 50_000]);
});

test("a camera past its realm limit stands still, and lives, when the scenario says so", () => {
  const { world, third, carried } = pastTheLimit("stall");
  assert.match(closeOf(world, third)?.detail ?? "", /did not answer/);
  assert.deepEqual(carried, [0, 0]);
  world.world.runFor(60_000);
  assert.ok(world.tunnel.isOpen, "heartbeats go on");
});

test("DahuaTunnel stays open for an hour though one heartbeat in twenty is lost", () => {
  for (const way of ["direct", "relay"] as const) {
    const world = new TunnelWorld({
      link: { ...LINK, loss: 0.01 },
      camera: { nat: "full-cone", faults: { heartbeatLoss: 0.05 } },
      servers: { agent: { heartbeatLoss: 0.05 } },
      tunnel: { way },
    });
    world.open();
    const stream = world.openStream();
    world.world.runFor(3_600_000);
    assert.equal(closeOf(world, stream), undefined);
    assert.equal(world.tunnel.state, "open", JSON.stringify(world.find("closed")));
  }
});

test("DahuaTunnel does without the heartbeats of a camera that sends none", () => {
  const world = new TunnelWorld({ link: LINK, camera: { quirks: { heartbeatEvery: 0 } } });
  world.open();
  world.world.runFor(600_000);
  assert.equal(world.tunnel.state, "open");
});

test("DahuaTunnel does not outlive a path that no heartbeat gets through", () => {
  const world = new TunnelWorld({ link: LINK, camera: { faults: { heartbeatLoss: 1 } } });
  world.open();
  // Whichever end loses patience first.
  assert.match(endOf(world, 40_000).reason, /^(timeout|peer)$/);
});

function hashOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
