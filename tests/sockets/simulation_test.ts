import { test } from "node:test";
import assert from "node:assert/strict";
import { fromHex } from "../../lib/bytes/bytes.ts";
import { parseEndpoint } from "../../lib/endpoint.ts";
import { drive } from "../../lib/io/drive.ts";
import { ListenError } from "../../lib/io/errors.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import { decodeHead } from "../../lib/reolink/baichuan/header.ts";
import { ReolinkTunnel } from "../../lib/reolink/tunnel.ts";
import type { ReolinkTunnelEvent } from "../../lib/reolink/tunnel_event.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { startSimulation } from "../../lib/sim/simulation.ts";

function start(scenario: unknown, stop = new AbortController()) {
  const options = { log: silentLog, signal: stop.signal };
  return startSimulation(systemWorld, parseScenario(scenario), options);
}

test("startSimulation() describes cameras that are online by then", async () => {
  const cameras = [
    { serial: "4K0123PAZ00001", nat: "symmetric", password: "secret" },
    { serial: "4K0123PAZ00002", auth: "required" },
  ];
  const simulation = await start({ dahua: { cameras } });
  try {
    const { dahua } = simulation.description;
    assert.equal(parseEndpoint(dahua.server).address, "127.0.0.1");
    assert.deepEqual(dahua.cameras, [
      {
        serial: "4K0123PAZ00001",
        auth: "none",
        user: "admin",
        password: "secret",
        nat: "symmetric",
      },
      {
        serial: "4K0123PAZ00002",
        auth: "required",
        user: "admin",
        password: "sightline",
        nat: "none",
      },
    ]);
  } finally {
    simulation.close();
    await simulation.ended;
  }
});

test("startSimulation() rejects with ListenError when the main server's port is taken", async () => {
  const first = await start({});
  const { port } = parseEndpoint(first.description.dahua.server);
  await assert.rejects(start({ dahua: { port } }), ListenError);
  first.close();
  first.close();
  await first.ended;
});

test("startSimulation() ends when its signal fires", async () => {
  const stop = new AbortController();
  const simulation = await start({}, stop);
  stop.abort();
  await simulation.ended;
});

const UID = "95270000TESTCAM0";

/** The first request of a login, which offers everything there is [capture]. */
const HELLO = fromHex("f0debc0a 01000000 00000000 00000000 12dc 1465");

test("startSimulation() describes Reolink cameras and where they are on the LAN", async () => {
  const cameras = [{ uid: UID, nat: "cone" }, { uid: "95270000TESTCAM1", power: "battery" }];
  const simulation = await start({ reolink: { cameras } });
  try {
    const { reolink } = simulation.description;
    assert.equal(reolink.servers.length, 3);
    const [hidden, open] = reolink.cameras;
    const account = { user: "admin", password: "sightline" };
    assert.deepEqual(hidden, { uid: UID, ...account, power: "mains", nat: "cone" });
    assert.deepEqual(open?.power, "battery");
    assert.equal(open.discovery?.length, 1);
    assert.equal(parseEndpoint(open.lan ?? "").address, "127.0.0.1");
  } finally {
    simulation.close();
    await simulation.ended;
  }
});

test("startSimulation() offers a Reolink camera by TCP, unless it is asleep", async () => {
  const cameras = [{ uid: UID }, { uid: "95270000TESTCAM1", power: "battery" }];
  const simulation = await start({ reolink: { cameras } });
  try {
    const [awake, asleep] = simulation.description.reolink.cameras;
    const { signal } = new AbortController();
    const stream = await systemWorld.dialTcp(parseEndpoint(awake?.lan ?? ""), signal);
    await stream.write(HELLO);
    const answer = await stream.read();
    assert.equal(answer && decodeHead(answer)?.header.code, 0xdd12);
    stream.abort();
    const nobody = await systemWorld.dialTcp(parseEndpoint(asleep?.lan ?? ""), signal)
      .then((refused) => refused.write(HELLO).then(() => refused.read()))
      .catch(() => undefined);
    assert.equal(nobody, undefined);
  } finally {
    simulation.close();
    await simulation.ended;
  }
});

for (const nat of ["none", "cone", "symmetric"]) {
  test(`startSimulation() offers a Reolink camera by its UID, behind a NAT of kind ${nat}`, async () => {
    const simulation = await start({ reolink: { cameras: [{ uid: UID, nat }] } });
    const { servers } = simulation.description.reolink;
    const { clock, entropy, openUdp } = systemWorld;
    const sockets = new Map([
      ["lan", await openUdp({ address: "127.0.0.1", port: 0 })] as const,
      ["cloud", await openUdp({ address: "127.0.0.1", port: 0 })] as const,
    ]);
    const [lan, cloud] = [...sockets.values()].map(({ local }) => local);
    assert.ok(lan !== undefined && cloud !== undefined);
    const tunnel = new ReolinkTunnel(clock.now(), {
      uid: UID,
      way: "auto",
      middlemen: servers.map(parseEndpoint),
      lanTargets: [],
      local: { lan, cloud },
      entropy,
    });
    const answered = Promise.withResolvers<number | undefined>();
    const driver = drive<ReolinkTunnelEvent, ReolinkTunnel>(tunnel, {
      sockets,
      clock,
      onError: answered.reject,
      onEvent(event) {
        if (event.type === "closed") answered.reject(new Error(event.detail));
        if (event.type === "open") driver.command((opened, now) => opened.write(now, HELLO));
        if (event.type !== "readable") return;
        const bytes = driver.command((opened) => opened.read());
        answered.resolve(bytes && decodeHead(bytes)?.header.code);
      },
    });
    try {
      assert.equal(await answered.promise, 0xdd12);
    } finally {
      driver.close();
      simulation.close();
      await simulation.ended;
    }
  });
}

test("startSimulation() rejects with ListenError when a middleman's or camera's port is taken", async () => {
  const first = await start({});
  const { servers, cameras } = first.description.reolink;
  const { port } = parseEndpoint(servers[0] ?? "");
  const lan = parseEndpoint(cameras[0]?.lan ?? "");
  try {
    await assert.rejects(start({ reolink: { servers: { middlemen: [{ port }] } } }), ListenError);
    const camera = { uid: UID, lan: { port: lan.port } };
    await assert.rejects(start({ reolink: { cameras: [camera] } }), ListenError);
  } finally {
    first.close();
    await first.ended;
  }
});
