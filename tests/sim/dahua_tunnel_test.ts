import assert from "node:assert/strict";
import { test } from "node:test";
import type { NatKind } from "../../lib/sim/nat.ts";
import { TunnelWorld, type TunnelWorldOptions } from "../support/tunnel_world.ts";

// What the way must be for each pair of NATs: client's, camera's.
const WAYS: readonly [NatKind, NatKind, string][] = [
  ["none", "none", "lan"],
  ["none", "full-cone", "direct"],
  ["none", "cone", "direct"],
  ["cone", "none", "lan"],
  ["cone", "full-cone", "direct"],
  ["cone", "cone", "direct"],
  ["symmetric", "full-cone", "direct"],
  // It would take a camera that checks on its own, which the simulated one does behind "cone" only.
  ["full-cone", "symmetric", "relay"],
  ["symmetric", "symmetric", "relay"],
];

for (const [client, camera, way] of WAYS) {
  test(`DahuaTunnel goes ${way} with the client behind ${client} and the camera behind ${camera}`, () => {
    const link = { delay: 20 };
    const world = new TunnelWorld({
      nat: client,
      camera: { nat: camera, link: { delay: "20ms" } },
      link,
    });
    assert.equal(world.open(), way, JSON.stringify(world.find("closed")));
    assert.equal(echo(world, 50_000), 50_000);
  });
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`DahuaTunnel opens and carries every byte at 5 % loss, seed ${seed}`, () => {
    const world = new TunnelWorld({
      seed,
      nat: "cone",
      link: { delay: 20, loss: 0.05, duplicate: 0.01, reorder: 0.01 },
      camera: { nat: "full-cone" },
    });
    world.open();
    assert.equal(echo(world, 200_000), 200_000);
  });
}

const ENDS: readonly [string, TunnelWorldOptions, string, string, RegExp][] = [
  [
    "the cloud never answers",
    { servers: { main: { silent: true } } },
    "timeout",
    "main-probe",
    /did not answer/,
  ],
  [
    "the serial number is unknown",
    { tunnel: { serial: "OTHER000000001" } },
    "unreachable",
    "locate",
    /does not know this serial number/,
  ],
  [
    "the relay never answers, for want of a sign",
    { servers: { relay: { silent: true } } },
    "timeout",
    "relay-agent",
    /relay server .* did not answer/,
  ],
  [
    "no punch is answered and the way is pinned",
    { camera: { nat: "full-cone", faults: { silentPunch: true } }, tunnel: { way: "direct" } },
    "unreachable",
    "punching",
    /did not answer hole punching/,
  ],
  [
    "the way is pinned to a LAN the camera is not in",
    { camera: { nat: "full-cone" }, tunnel: { way: "lan" } },
    "unreachable",
    "punching",
    /did not answer hole punching/,
  ],
  [
    "the camera goes dark while it is open",
    { camera: { faults: { vanishAfter: "1s" } } },
    "timeout",
    "open",
    /nothing was heard from the device for 12 s/,
  ],
];

for (const [name, options, reason, stage, detail] of ENDS) {
  test(`DahuaTunnel says in its last event that ${name}`, () => {
    const world = new TunnelWorld(options);
    world.world.runUntil(() => world.tunnel.state === "closed", 120_000);
    world.world.runFor(0);
    const last = world.events.at(-1);
    assert.equal(last?.type, "closed");
    if (last?.type !== "closed") return;
    assert.deepEqual([last.reason, last.stage], [reason, stage]);
    assert.match(last.detail, detail);
    assert.equal(world.tunnel.pollTimeout(), undefined, "nothing is left to do");
  });
}

test("DahuaTunnel falls back to the relay by itself when punches are not answered", () => {
  const world = new TunnelWorld({ camera: { faults: { silentPunch: true } }, link: { delay: 20 } });
  assert.equal(world.open(), "relay");
  assert.ok(world.elapsed < 6_000, `took ${world.elapsed} ms`);
  assert.equal(echo(world, 10_000), 10_000);
  world.world.runFor(6_000);
  assert.ok(world.find("wayFailed") !== undefined, "and says why the other ways failed");
});

test("DahuaTunnel.close() ends the streams, the device's session and the agent's allocation", () => {
  const world = new TunnelWorld({ link: { delay: 20 } });
  world.open();
  world.command((tunnel, now) => tunnel.openStream(now, 554));
  world.world.runFor(500);
  world.command((tunnel, now) => tunnel.close(now));
  world.world.runFor(3_000);
  assert.equal(world.tunnel.state, "closed");
  const paths = world.world.events.flatMap(({ event }) =>
    event.type === "request" ? [event.path] : []
  );
  assert.ok(paths.some((path) => path.startsWith("/relay/unbind/")));
  const ends = world.world.events.filter(({ event }) => event.type === "sessionClosed");
  assert.ok(ends.length >= 1, "the device knows");
});

test("DahuaTunnel is closed at any moment without leaving anything behind", () => {
  for (let at = 0; at < 400; at += 10) {
    const world = new TunnelWorld({ link: { delay: 20 } });
    world.world.runFor(at);
    world.command((tunnel, now) => tunnel.close(now));
    world.world.runFor(3_000);
    assert.equal(world.events.at(-1)?.type, "closed", `closed after ${at} ms`);
    assert.equal(world.tunnel.pollTimeout(), undefined);
  }
});

test("DahuaTunnel gives streams to a 20 MB download without losing any of it", () => {
  const world = new TunnelWorld({ link: { delay: 10, loss: 0.01 }, camera: { nat: "full-cone" } });
  world.service.sourceBytes = 20 << 20;
  world.open();
  const stream = world.command((tunnel, now) => tunnel.openStream(now, 80));
  let received = 0;
  world.world.runUntil(() => {
    received += drain(world, stream);
    return received === 20 << 20;
  }, 3_600_000);
});

/** Writes this many bytes to a stream that echoes them; returns how many came back. */
function echo(world: TunnelWorld, length: number): number {
  const stream = world.command((tunnel, now) => tunnel.openStream(now, 80));
  let written = 0;
  let received = 0;
  world.world.runUntil(() => {
    const space = Math.min(world.tunnel.streamSpace(stream), length - written);
    if (space > 0) {
      written += space;
      world.command((tunnel, now) => tunnel.writeStream(now, stream, new Uint8Array(space)));
    }
    received += drain(world, stream);
    return received >= length;
  }, 600_000);
  return received;
}

function drain(world: TunnelWorld, stream: number): number {
  let length = 0;
  for (;;) {
    const bytes = world.command((tunnel, now) => tunnel.readStream(now, stream));
    if (bytes === undefined) return length;
    length += bytes.byteLength;
  }
}
