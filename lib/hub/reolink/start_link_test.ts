import assert from "node:assert/strict";
import { test } from "node:test";
import { ReolinkHostWorld } from "../../../tests/support/reolink_host_world.ts";
import { parseCameraAddress } from "../../config/camera_address.ts";
import type { World } from "../../io/types.ts";
import { connectBaichuan } from "../../reolink/baichuan/client.ts";
import { LinkError } from "../link/link_error.ts";
import type { ReolinkLink, ReolinkLinkEvent } from "./link.ts";
import { startReolinkLink } from "./start_link.ts";

const { signal } = new AbortController();

/** Starts a link in a simulated world; what it says is kept. */
async function start(
  world: ReolinkHostWorld,
  query = "",
  { servers, ...changes }: Partial<World> & { readonly servers?: string } = {},
): Promise<{ readonly link: ReolinkLink; readonly events: ReolinkLinkEvent[] }> {
  const events: ReolinkLinkEvent[] = [];
  const address = world.address(query, servers);
  const link = await startReolinkLink({
    address,
    world: { ...world.host.world, ...changes },
    onEvent: (event) => events.push(event),
  }, signal);
  return { link, events };
}

/** Logs in over the stream; resolves with the cipher agreed on. */
async function logIn({ stream }: ReolinkLink, world: ReolinkHostWorld): Promise<string> {
  const account = { user: "admin", password: { reveal: () => "sightline" } };
  const { clock } = world.host.world;
  return (await connectBaichuan(stream, { account, clock }, signal)).login.mode;
}

for (const way of ["lan", "map", "relay"] as const) {
  test(`startReolinkLink() reaches a camera by UID, way ${way}, and carries a login`, async () => {
    const world = new ReolinkHostWorld();
    const { link, events } = await start(world, `&way=${way}`);
    // What is written before the camera is reached waits.
    const mode = logIn(link, world);
    const opened = await world.result(link.opened, 5_000);
    assert.equal(opened?.way, way);
    assert.equal(await world.result(mode, 5_000), "fullAes");
    assert.equal(link.isOpen, true);
    const { received, rtt } = link.figures;
    assert.ok((received[way] ?? 0) > 100, "bytes are counted under their way");
    assert.ok(rtt !== undefined);

    link.close();
    assert.deepEqual(await world.result(link.ended, 2_000), {
      reason: "local",
      stage: "open",
      detail: "closed",
      advice: "",
    });
    assert.equal(await link.stream.read(), undefined);
    assert.equal(world.host.openSockets, 0);
    assert.equal(events.at(-1)?.type, "closed");
    await world.until(() => false, 5_000);
    assert.equal(world.host.timers, 0);
  });
}

test("startReolinkLink() finds a camera on the LAN where there is no cloud at all", async () => {
  const world = new ReolinkHostWorld({ lan: { discovery: [2015, 2018] } });
  const { link } = await start(world, "", { servers: "127.0.0.1:9" });
  const opened = await world.result(link.opened, 5_000);
  assert.equal(opened?.way, "lan");
  assert.equal(await world.result(logIn(link, world), 5_000), "fullAes");
  link.stream.abort();
  assert.equal((await world.result(link.ended, 2_000)).reason, "local");
});

test("startReolinkLink() asks servers as their names become known, and misses none", async () => {
  const world = new ReolinkHostWorld();
  const [good] = world.topology.servers;
  const asked: string[] = [];
  const late = Promise.withResolvers<readonly string[]>();
  const { link } = await start(world, "&way=map", {
    servers: `gone.example:1,late.example:${good?.port}`,
    resolveAll: (host) => {
      asked.push(host);
      return host === "late.example" ? late.promise : Promise.reject(new Error("no such name"));
    },
  });
  await world.until(() => false, 3_000);
  assert.deepEqual(asked, ["gone.example", "late.example"]);
  // A name may have several addresses.
  late.resolve(["127.0.0.9", good?.address ?? ""]);
  assert.equal((await world.result(link.opened, 5_000))?.way, "map");
  link.close();
  await world.result(link.ended, 2_000);
});

test("startReolinkLink() says so when no server's name is known", async () => {
  const world = new ReolinkHostWorld();
  const { link } = await start(world, "&way=relay", {
    servers: "gone.example:1",
    resolveAll: () => Promise.reject(new Error("no such name")),
  });
  assert.equal(await world.result(link.opened, 1_000), undefined);
  const end = await link.ended;
  assert.equal(end.reason, "unreachable");
  assert.equal(end.stage, "lookup");
});

test("startReolinkLink() asks the vendor's twelve servers where no others are named", async () => {
  const world = new ReolinkHostWorld();
  const asked: string[] = [];
  const address = parseCameraAddress("reolink://95270000SIMULATE?way=map");
  assert.ok(address.vendor === "reolink");
  const link = await startReolinkLink({
    address,
    world: {
      ...world.host.world,
      resolveAll: (host) => {
        asked.push(host);
        return Promise.reject(new Error("no such name"));
      },
    },
    onEvent: () => {},
  }, signal);
  await world.result(link.ended, 1_000);
  assert.equal(asked.length, 12);
  assert.equal(asked[0], "p2p.reolink.com");
  assert.equal(asked[11], "p2p11.reolink.com");
});

test("ReolinkLink.stream ends when the camera ends the session", async () => {
  const world = new ReolinkHostWorld({ faults: { disconnectAfter: "3s" } });
  const { link } = await start(world);
  await world.result(link.opened, 5_000);
  await world.result(logIn(link, world), 2_000);
  const rest = (async () => {
    while (await link.stream.read() !== undefined);
  })();
  await world.result(rest, 5_000);
  assert.equal((await link.ended).reason, "peer");
  assert.equal(link.isOpen, false);
  await assert.rejects(link.stream.write(new Uint8Array(1)));
});

test("ReolinkLink.close() before it is open ends it at once", async () => {
  const world = new ReolinkHostWorld();
  const { link } = await start(world);
  link.close();
  link.close();
  assert.equal(await world.result(link.opened, 1_000), undefined);
  assert.equal((await link.ended).reason, "local");
  assert.equal(world.host.openSockets, 0);
});

test("startReolinkLink() rejects with LinkError when no socket can be had", async () => {
  const world = new ReolinkHostWorld();
  let opened = 0;
  const openUdp = world.host.world.openUdp;
  await assert.rejects(
    start(world, "", {
      openUdp: (at) => opened++ === 0 ? openUdp(at) : Promise.reject(new Error("no more")),
    }),
    (error) => error instanceof LinkError && error.end.stage === "starting",
  );
  assert.equal(world.host.openSockets, 0, "the first one is given back");
});
