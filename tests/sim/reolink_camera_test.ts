import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../lib/machine.ts";
import { MAX_TCP_CLIENTS } from "../../lib/sim/reolink/tcp_clients.ts";
import { ReolinkWorld, UID } from "../support/reolink_world.ts";

const BATTERY = { power: "battery", battery: { wakeTime: "2s", sleepAfter: "10s" } };

/** Where the camera's sockets are. */
function socket(world: ReolinkWorld, name: string): Endpoint {
  const at = world.camera.sockets.get(name);
  assert.ok(at !== undefined, name);
  return at;
}

function call(world: ReolinkWorld, cid: number, uid = UID, port = 40_000) {
  const message = {
    type: "C2D_C",
    uid,
    cli: { port },
    cid,
    mtu: 1350,
    debug: 0,
    p: "MAC",
  } as const;
  return world.exchange(socket(world, "lan0"), message);
}

test("a camera on mains is awake once the cloud knows it, one on battery asleep", () => {
  for (const [power, state] of [["mains", "awake"], ["battery", "asleep"]]) {
    const world = new ReolinkWorld({ camera: { power } });
    assert.deepEqual(world.cameraEvents, [{ type: "online" }, { type: "power", state }]);
    assert.equal(world.camera.power.state, state);
  }
});

test("a camera keeps registering when the first answers are lost, and after the cloud forgot it", () => {
  const world = new ReolinkWorld({ settling: 0, camera: { link: { loss: 0.5 } } });
  world.world.runUntil(() => world.cameraEvents.some(({ type }) => type === "online"), 120_000);
  world.world.network.setUp(UID, false);
  world.world.runFor(80_000);
  assert.equal(world.camera.power.state, "booting");
  world.world.network.setUp(UID, true);
  world.world.runUntil(() => world.camera.power.state === "awake", 120_000);
});

test("a camera answers C2D_T with D2C_CFM of the same conn and tid, and knocks back on map", () => {
  const world = new ReolinkWorld();
  const { cid, sid, answer } = world.introduce();
  for (const conn of ["local", "map"] as const) {
    const to = conn === "local" ? answer.dev : answer.dmap;
    assert.ok(to !== undefined);
    const knock = { type: "C2D_T", sid, conn, cid, mtu: 1350 } as const;
    const heard = world.exchange(to, knock, 10, 200);
    const confirmations = heard.filter(({ message }) => message.type === "D2C_CFM");
    const [{ message, tid } = {}] = confirmations;
    assert.ok(message?.type === "D2C_CFM");
    assert.deepEqual(
      [confirmations.length, tid, message.conn, message.rsp, message.sid, message.cid],
      [1, 200, conn, 0, sid, cid],
    );
    assert.equal(message.time_r, 0);
    const knocks = heard.filter(({ message }) => message.type === "D2C_T");
    assert.equal(knocks.length, conn === "map" ? 1 : 0, conn);
  }
});

test("a camera repeats a confirmation every 200 ms, five in all, until data arrives", () => {
  const world = new ReolinkWorld();
  const { cid, sid, answer } = world.introduce();
  const knock = { type: "C2D_T", sid, conn: "local", cid, mtu: 1350 } as const;
  assert.ok(answer.dev !== undefined);
  const start = world.now;
  const heard = world.exchange(answer.dev, knock, 3_000)
    .filter(({ message }) => message.type === "D2C_CFM");
  assert.deepEqual(heard.map(({ at }) => at - start), [0, 200, 400, 600, 800]);
  const before = world.probe.heard.length;
  world.connect("local");
  world.world.runFor(3_000);
  const later = world.probe.heard.slice(before)
    .filter(({ message }) => message.type === "D2C_CFM");
  assert.ok(later.length <= 3, `${later.length} confirmations after data`);
});

test("a camera knocks on every path each 500 ms for 10 s, by one tid of its own", () => {
  const world = new ReolinkWorld({ camera: { nat: "cone" } });
  const start = world.now;
  const { cid, sid, answer } = world.introduce();
  world.world.runFor(15_000);
  const knocks = world.probe.heard.filter(({ message }) => message.type === "D2C_T");
  assert.equal(knocks.length, 40);
  const last = knocks.at(-1);
  assert.ok(last !== undefined && last.at - start <= 10_000 && last.at - start > 9_000);
  const tids = new Set(knocks.map(({ tid }) => tid));
  assert.equal(tids.size, 1);
  for (const tid of tids) assert.ok(tid >= 256 && tid < 0x5a000000);
  for (const { from, message } of knocks) {
    assert.deepEqual(from, answer.dmap, "as one public client wants it");
    assert.ok(message.type === "D2C_T" && message.sid === sid && message.cid === cid);
  }
  const conns = knocks.map(({ message }) => message.type === "D2C_T" && message.conn);
  assert.deepEqual(conns.slice(0, 4), ["local", "map", "local", "map"]);
});

test("a camera answers C2D_A with D2C_CFM of the same conn and tid", () => {
  const world = new ReolinkWorld();
  const { cid, sid } = world.introduce();
  const knock = world.probe.heard.find(({ message }) => {
    return message.type === "D2C_T" && message.conn === "map";
  });
  assert.ok(knock?.message.type === "D2C_T");
  const { did } = knock.message;
  const accept = { type: "C2D_A", sid, conn: "map", cid, did, mtu: 1350 } as const;
  const heard = world.exchange(knock.from, accept, 10, knock.tid);
  assert.deepEqual(heard.map(({ tid, message }) => [tid, message.type]), [[knock.tid, "D2C_CFM"]]);
  const session = world.carry(knock.from, cid, did);
  assert.equal(session.client.login(), 200);
});

test("a camera ignores whoever knocks with other ids", () => {
  const world = new ReolinkWorld();
  const { cid, sid, answer } = world.introduce();
  world.world.runFor(11_000);
  assert.ok(answer.dev !== undefined);
  const knock = { type: "C2D_T", conn: "local", mtu: 1350 } as const;
  for (const ids of [{ sid: sid + 1, cid }, { sid, cid: cid + 1 }]) {
    const heard = world.exchange(answer.dev, { ...knock, ...ids }, 1_000);
    assert.deepEqual(heard.filter(({ message }) => /^D2C/.test(message.type)), []);
  }
});

test("a camera behind a port-restricted NAT is met on its mapped address, and from a like one", () => {
  const world = new ReolinkWorld({ nat: "cone", camera: { nat: "cone" } });
  const introduction = world.introduce();
  const { peer, client } = world.connect("map", introduction);
  assert.deepEqual(peer, introduction.answer.dmap);
  assert.equal(client.login(), 200);
});

test("a camera behind a symmetric NAT is met by relay only, if the client's NAT is strict", () => {
  const world = new ReolinkWorld({ nat: "cone", camera: { nat: "symmetric" } });
  const introduction = world.introduce();
  assert.throws(() => world.connect("map", introduction), /D2C_CFM must come/);
  assert.equal(world.connect("relay").client.login(), 200);
});

test("a camera has no more visitors than its limit, and room again once they are gone", () => {
  const world = new ReolinkWorld();
  for (let cid = 1; cid <= 8; cid++) assert.equal(call(world, cid).length, 1);
  assert.deepEqual(call(world, 9), []);
  world.world.runFor(11_000);
  assert.equal(call(world, 9).length, 1);
});

test("a camera takes no more TCP connections than its limit, and room again once one is gone", () => {
  const { camera, now } = new ReolinkWorld();
  const at = (port: number) => ({ address: "127.9.0.3", port });
  const connections = Array.from({ length: MAX_TCP_CLIENTS }, (_, i) => camera.openTcp(now, at(i)));
  assert.ok(connections.every((connection) => connection !== undefined));
  assert.equal(camera.openTcp(now, at(MAX_TCP_CLIENTS)), undefined);
  camera.closeTcp(now, connections[0] ?? 0);
  assert.notEqual(camera.openTcp(now, at(MAX_TCP_CLIENTS)), undefined);
});

test("a camera on the LAN answers its own UID, by the port the client names, with the same did", () => {
  const world = new ReolinkWorld();
  const [first] = call(world, 7);
  assert.ok(first?.message.type === "D2C_C_R");
  assert.deepEqual(first.from, socket(world, "cloud"), "the session will be there");
  assert.deepEqual(first.message.timer, { def: 3_000, hb: 20_000, hbt: 60_000 });
  assert.deepEqual([first.message.cid, first.message.rsp], [7, 0]);
  const [second] = call(world, 7);
  assert.deepEqual(second?.message, first.message);
  assert.deepEqual(call(world, 7, UID.toLowerCase()), [], "case counts");
  assert.deepEqual(call(world, 7, "95270000NOSUCHID"), []);
  const { client } = world.carry(first.from, 7, first.message.did);
  assert.equal(client.login(), 200);
  const opened = world.cameraEvents.find(({ type }) => type === "sessionOpen");
  assert.equal(opened?.type === "sessionOpen" && opened.way, "lan");
});

test("a camera answers the older probe with 388 bytes, to the port the scenario says", () => {
  const world = new ReolinkWorld({ camera: { name: "Yard", lan: { probeAnswer: 40_000 } } });
  const probe = Uint8Array.of(0xaa, 0xaa, 0, 0);
  const [answer] = world.exchangeBytes(socket(world, "probe"), probe);
  assert.equal(answer?.bytes.byteLength, 388);
  const text = (at: number, length: number) => {
    return new TextDecoder().decode(answer?.bytes.subarray(at, at + length)).replace(/\0.*$/s, "");
  };
  assert.deepEqual([text(58, 18), text(132, 32), text(228, 32)], ["IPC", "Yard", UID]);
  assert.deepEqual(answer.bytes.subarray(104, 108), probe);
  assert.match(text(164, 18), /^ec:71:db(:[0-9a-f]{2}){3}$/);
  assert.deepEqual(world.exchangeBytes(socket(world, "probe"), Uint8Array.of(1, 2, 3, 4)), []);
});

test("a camera asleep answers nobody but the register, whose call wakes it", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  assert.deepEqual(call(world, 7), []);
  assert.equal(world.connectTcp(), undefined);
  assert.equal(world.camera.power.wakes, 0);
  const start = world.now;
  const { client } = world.connect("local");
  assert.ok(world.now - start >= 2_000, "it takes its time to wake");
  assert.equal(client.login(), 200);
  assert.equal(world.camera.power.wakes, 1);
  const states = world.cameraEvents.flatMap((event) => event.type === "power" ? [event] : []);
  assert.deepEqual(states.slice(1), [
    { type: "power", state: "waking", cause: "network" },
    { type: "power", state: "awake" },
    { type: "power", state: "session" },
  ]);
});

test("a camera wakes in 1 to 4 s and sleeps 10 to 30 s after the last use, by its own dice", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const world = new ReolinkWorld({ seed, camera: { power: "battery" } });
    const start = world.now;
    world.exchange(world.register, world.request(), 0);
    world.world.runUntil(() => world.camera.power.state === "awake", 4_000);
    assert.ok(world.now - start >= 1_000, `woke after ${world.now - start}`);
    const awake = world.now;
    world.world.runUntil(() => world.camera.power.state === "asleep", 31_000);
    assert.ok(world.now - awake >= 9_000, `slept after ${world.now - awake}`);
  }
});

test("a camera falls asleep after the client's goodbye, after its logout, and after its silence", () => {
  const endings: readonly [string, number, number, (world: ReolinkWorld) => void][] = [
    ["goodbye", 0, 0, (world) => {
      const { peer, cid, did } = world.connect("local");
      world.exchange(peer, { type: "C2D_DISC", cid, did }, 0);
    }],
    ["logout", 1_000, 1_000, (world) => {
      const { client } = world.connect("local");
      client.login();
      assert.equal(client.askRaw(2).header.code, 200);
    }],
    ["silence", 5_000, 15_000, (world) => {
      world.connect("local").client.login();
      world.world.command("probe", () => world.probe.fallSilent());
    }],
  ];
  for (const [name, least, most, end] of endings) {
    const world = new ReolinkWorld({ camera: BATTERY });
    end(world);
    const start = world.now;
    world.world.runUntil(() => world.camera.power.state === "asleep", 100_000);
    const took = world.now - start;
    assert.ok(took >= least + 9_000 && took <= most + 11_000, `${name}: ${took} ms`);
    const closed = world.cameraEvents.filter(({ type }) => type === "sessionClosed");
    assert.equal(closed.length, 1, name);
    assert.equal(world.cloud.load.sessions, 0, `${name}: the camera has told the register`);
  }
});

test("a camera counts what its clients cost it", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  for (let round = 0; round < 3; round++) {
    const { client, peer, cid, did } = world.connect("local");
    client.login(round === 0 ? { password: "wrong" } : {});
    world.exchange(peer, { type: "C2D_DISC", cid, did }, 20_000);
  }
  const { counters } = world.camera.state;
  assert.deepEqual([counters.sessions, counters.logins, counters.wrongLogins], [3, 2, 1]);
  assert.equal(world.camera.power.wakes, 3);
  const awake = world.camera.power.awakeFor(world.now);
  assert.ok(awake > 3 * 12_000 && awake < 3 * 15_000, `${awake} ms awake`);
  assert.equal(world.camera.sessions, 0);
});

test("a battery drains while its camera is awake, and a camera with an empty one is off", () => {
  const battery = { ...BATTERY.battery, percent: 5, drainAwake: 60, drainAsleep: 0 };
  const world = new ReolinkWorld({ camera: { power: "battery", battery } });
  world.world.runFor(3_600_000);
  // It took a moment to register.
  assert.ok(world.camera.power.percent(world.now) > 4.9);
  const { client } = world.connect("local");
  assert.equal(client.login(), 200);
  world.world.runFor(120_000);
  const percent = world.camera.power.percent(world.now);
  assert.ok(percent > 2.5 && percent < 3.1, `${percent}`);
  world.world.runFor(200_000);
  assert.equal(world.camera.power.state, "off");
  assert.equal(world.camera.sessions, 0);
  world.command((camera, now) => camera.switchOn(now));
  world.world.runFor(1_000);
  assert.equal(world.camera.power.state, "off", "there is nothing left in it");
});

test("a camera switched off is gone, and comes back when it is switched on", () => {
  const world = new ReolinkWorld();
  const { client } = world.connect("local");
  assert.equal(client.login(), 200);
  world.command((camera, now) => camera.switchOff(now));
  assert.throws(() => client.askRaw(93));
  assert.equal(world.connectTcp(), undefined);
  world.command((camera, now) => camera.switchOn(now));
  world.world.runFor(1_000);
  assert.equal(world.camera.power.state, "awake");
  assert.equal(world.logIn().askRaw(93).header.code, 200);
});

test("something that moves wakes a camera, which raises an alarm", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  world.command((camera, now) => camera.move(now));
  world.world.runFor(3_000);
  assert.equal(world.camera.power.state, "awake");
  assert.equal(world.camera.power.wakes, 1);
  assert.equal(world.cloudEvents.filter(({ type }) => type === "alarm").length, 3);
  world.world.runFor(20_000);
  assert.equal(world.camera.power.state, "asleep");
});

test("a camera sees something move as often as the scenario says", () => {
  const world = new ReolinkWorld({ camera: { ...BATTERY, motionEvery: "1m" } });
  world.world.runFor(10 * 60_000);
  assert.equal(world.camera.power.wakes, 10);
});

test("some cameras raise an alarm 8 to 10 s after a session, which others do not", () => {
  for (const alarmAfterSession of [true, false]) {
    const world = new ReolinkWorld({ camera: { ...BATTERY, quirks: { alarmAfterSession } } });
    const { peer, cid, did } = world.connect("local");
    world.world.runFor(1_000);
    world.exchange(peer, { type: "C2D_DISC", cid, did }, 7_900);
    const alarms = () => world.cloudEvents.filter(({ type }) => type === "alarm").length;
    assert.equal(alarms(), 0);
    world.world.runFor(2_200);
    assert.equal(alarms(), alarmAfterSession ? 3 : 0);
  }
});

test("some cameras wake for a client on the LAN that is persistent", () => {
  const world = new ReolinkWorld({ camera: { ...BATTERY, quirks: { answersAsleepAfter: 4 } } });
  for (let i = 0; i < 3; i++) assert.deepEqual(call(world, 7), []);
  assert.equal(world.camera.power.state, "asleep");
  call(world, 7);
  assert.equal(world.camera.power.state, "waking");
  world.world.runFor(2_000);
  assert.equal(call(world, 7).length, 1);
});

test("a camera answers heartbeats with one of its own every 10 s at most", () => {
  const world = new ReolinkWorld();
  world.connect("local").client.login();
  world.world.runFor(60_000);
  const beats = world.probe.heardOf("D2C_HB").length;
  assert.ok(beats >= 6 && beats <= 7, `${beats}`);
});

test("a camera leaves no client without a datagram for 10 s", () => {
  const world = new ReolinkWorld();
  const { client } = world.connect("local");
  client.login();
  const before = world.world.network.counters.delivered;
  for (let i = 0; i < 6; i++) {
    const heard = world.probe.received.length + client.received.length;
    world.world.runFor(10_000);
    assert.ok(world.probe.received.length + client.received.length > heard, `${i}`);
  }
  assert.ok(world.world.network.counters.delivered > before);
});

/** All that one public client can read: anything else ends its attempt [observed]. */
const READABLE = new Set([
  ...["M2C_Q_R", "R2C_T", "R2C_C_R", "R2C_DISC"],
  ...["D2C_C_R", "D2C_T", "D2C_CFM", "D2C_HB", "D2C_DISC"],
]);

test("a client hears nothing on any way that public clients cannot read", () => {
  const types = new Set<string>();
  for (const conn of ["local", "map", "relay"] as const) {
    const faults = { lateConfirmations: 2, lateKnockAfter: "2s", disconnectAfter: "20s" };
    const world = new ReolinkWorld({ camera: { ...BATTERY, faults } });
    world.lookUp();
    world.lookUp(UID, world.servers[1]);
    world.connect(conn).client.login();
    call(world, 7);
    world.introduce();
    world.world.runFor(40_000);
    for (const { message } of world.probe.heard) types.add(message.type);
  }
  assert.deepEqual(new Set([...types].filter((type) => !READABLE.has(type))), new Set());
  assert.deepEqual(types.size, READABLE.size);
});
