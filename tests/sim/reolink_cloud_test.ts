import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSignaling } from "../../lib/reolink/signaling/datagram.ts";
import { encodeAlarm } from "../../lib/sim/reolink/alarm.ts";
import { ReolinkWorld, UID } from "../support/reolink_world.ts";
import { endpointOf } from "../support/virtual_topologies.ts";

/** A camera that wakes in a second. */
const BATTERY = { power: "battery", battery: { wakeTime: "1s", sleepAfter: "10s" } };

test("the middleman where a camera has registered tells of register and relay, the others do not", () => {
  const world = new ReolinkWorld();
  const [first, second, third] = world.servers;
  const known = world.lookUp(UID, first);
  assert.deepEqual(known?.reg, world.register);
  assert.equal(known?.rsp, 0);
  for (const place of [known?.relay, known?.log, known?.t]) assert.ok(place !== undefined);
  for (const server of [second, third]) {
    const unknown = world.lookUp(UID, server);
    assert.deepEqual(unknown, {
      type: "M2C_Q_R",
      devinfo: { type: "", mac: "", bat: 0, qr: 0 },
      rsp: -3,
    });
  }
});

test("every reply has the tid of its request", () => {
  const world = new ReolinkWorld();
  const [server] = world.servers;
  assert.ok(server !== undefined);
  const [answer] = world.exchange(server, { type: "C2M_Q", uid: UID, p: "MAC" }, 100, 77);
  assert.equal(answer?.tid, 77);
  const answers = world.exchange(world.register, world.request(), 3_000, 88);
  const introductions = answers.filter(({ message }) => message.type.startsWith("R2C_"));
  assert.deepEqual([...new Set(introductions.map(({ tid }) => tid))], [88]);
});

test("a middleman answers newer clients too, and nobody who makes no sense", () => {
  const world = new ReolinkWorld();
  const [server] = world.servers;
  assert.ok(server !== undefined);
  const query = { type: "C2M_Q", uid: UID, ver: 3, family: 6, p: "WIN" } as const;
  assert.equal(world.exchange(server, query).length, 1);
  const good = encodeSignaling({ tid: 5, message: query });
  const spoilt = good.slice();
  spoilt[30] = (spoilt[30] ?? 0) ^ 1;
  for (const bytes of [spoilt, good.subarray(0, 25), new Uint8Array(40), new Uint8Array(0)]) {
    assert.deepEqual(world.exchangeBytes(server, bytes), []);
  }
  assert.equal(world.cloud.counters.undecodable, 4);
  assert.deepEqual(world.exchange(server, { type: "C2D_HB", cid: 1, did: 2 }), []);
  assert.equal(world.cloud.counters.unexpected, 1);
});

test("the register answers with R2C_T after 40 ms and R2C_C_R after 140, and repeats the latter", () => {
  const world = new ReolinkWorld();
  const start = world.now;
  const heard = world.exchange(world.register, world.request(5), 1_200)
    .filter(({ message }) => message.type.startsWith("R2C_"));
  assert.deepEqual(heard.map(({ at, message }) => [at - start, message.type]), [
    [40, "R2C_T"],
    [140, "R2C_C_R"],
    [640, "R2C_C_R"],
    [1140, "R2C_C_R"],
  ]);
  const [hint, answer] = heard.map(({ message }) => message);
  assert.ok(hint?.type === "R2C_T" && answer?.type === "R2C_C_R");
  assert.equal(hint.cid, 5);
  assert.equal(hint.rsp, 0);
  assert.equal(hint.sid, answer.sid);
  assert.deepEqual([hint.dev, hint.dmap], [answer.dev, answer.dmap]);
  assert.deepEqual([answer.nat, answer.rsp, answer.ac], ["NULL", 0, answer.sid]);
  assert.ok(answer.sid !== undefined && answer.sid > 0);
  const relays = [...world.cloud.sockets].filter(([name]) => name.startsWith("relay"));
  assert.ok(relays.some(([, at]) => at.port === answer.relay?.port));
});

test("the register tells where the camera's NAT lets it appear, and its own address", () => {
  const world = new ReolinkWorld({ camera: { nat: "cone" } });
  const { answer } = world.introduce();
  assert.deepEqual(answer.dev, { address: "127.2.0.10", port: 40_000 });
  assert.equal(answer.dmap?.address, "127.0.0.1");
});

test("a repeated C2R_C does not make another session", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  const request = world.request();
  for (let i = 0; i < 6; i++) world.exchange(world.register, request, 500);
  assert.equal(world.cloud.load.sessions, 1);
  const sids = world.probe.heardOf("R2C_C_R").map(({ sid }) => sid);
  assert.equal(new Set(sids).size, 1);
  world.exchange(world.register, world.request());
  assert.equal(world.cloud.load.sessions, 2);
});

test("the register repeats until the client confirms, and gives the relay free that is not used", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  const { sid, cid } = world.introduce();
  assert.equal(world.cloud.load.relays, 1);
  const confirmation = { type: "C2R_CFM", sid, conn: "map", rsp: 0, cid, did: 32 } as const;
  world.exchange(world.register, confirmation);
  assert.equal(world.cloud.load.relays, 0);
  const before = world.probe.heardOf("R2C_C_R").length;
  world.world.runFor(20_000);
  assert.equal(world.probe.heardOf("R2C_C_R").length, before);
  assert.equal(world.probe.heardOf("R2C_DISC").length, 0);
  assert.deepEqual(
    world.cloudEvents.find(({ type }) => type === "confirmed"),
    { type: "confirmed", uid: UID, sid, conn: "map" },
  );
});

test("the register gives up a client that confirms nothing after 13 s", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  const start = world.now;
  const { sid } = world.introduce();
  world.world.runFor(15_000);
  const [goodbye] = world.probe.heard.filter(({ message }) => message.type === "R2C_DISC");
  assert.deepEqual(goodbye?.message, { type: "R2C_DISC", sid });
  assert.equal(goodbye.at - start, 13_000);
  assert.deepEqual(world.cloud.load, { sessions: 0, relays: 0 });
});

test("the register refuses a UID it does not know with rsp -3, nat NULL and no address", () => {
  const world = new ReolinkWorld();
  const [heard] = world.exchange(world.register, world.request(5, "95270000NOSUCHID"));
  assert.deepEqual(heard?.message, { type: "R2C_C_R", nat: "NULL", rsp: -3, ac: 0 });
  assert.deepEqual(world.cloud.load, { sessions: 0, relays: 0 });
});

test("a camera that was never switched on is unknown to everybody", () => {
  const world = new ReolinkWorld({ camera: { faults: { off: true } } });
  for (const server of world.servers) assert.equal(world.lookUp(UID, server)?.rsp, -3);
  const [heard] = world.exchange(world.register, world.request());
  assert.equal(heard?.message.type === "R2C_C_R" && heard.message.rsp, -3);
});

test("a camera not heard of for 80 s is gone", () => {
  const world = new ReolinkWorld();
  world.world.network.setUp(UID, false);
  world.world.runFor(78_000);
  assert.equal(world.lookUp()?.rsp, 0);
  world.world.runFor(12_000);
  assert.equal(world.lookUp()?.rsp, -3);
  world.world.network.setUp(UID, true);
  world.world.runFor(40_000);
  assert.equal(world.lookUp()?.rsp, 0);
});

test("dead, lying and strange middlemen leave one that knows the camera", () => {
  const servers = {
    middlemen: [{ silent: true }, { stranger: true }, { garbage: true }, { delay: "200ms" }],
  };
  const world = new ReolinkWorld({ servers });
  const [silent, stranger, garbage, slow] = world.servers;
  assert.ok(silent !== undefined && garbage !== undefined && slow !== undefined);
  const query = { type: "C2M_Q", uid: UID, p: "MAC" } as const;
  assert.deepEqual(world.exchange(silent, query, 1_000), []);
  assert.equal(world.lookUp(UID, stranger)?.rsp, -3);
  const [lie] = world.exchangeBytes(garbage, encodeSignaling({ tid: 1, message: query }));
  assert.equal(lie?.bytes.byteLength, 48);
  assert.deepEqual(world.exchange(slow, query, 199), []);
  world.world.runFor(1);
  assert.equal(world.probe.heard.at(-1)?.message.type, "M2C_Q_R");
});

test("the register refuses the first attempts as often as the scenario says, each for good", () => {
  for (const refuseWith of [-1, -3]) {
    const world = new ReolinkWorld({
      servers: { register: { refuseFirst: 2, refuseWith, refusalHasAddress: true } },
    });
    for (const cid of [1, 1, 2, 2, 1]) {
      const heard = world.exchange(world.register, world.request(cid), 500);
      assert.deepEqual(heard.map(({ message }) => message.type), ["R2C_C_R"]);
      const [{ message } = {}] = heard;
      assert.ok(message?.type === "R2C_C_R" && message.relay !== undefined);
      assert.deepEqual([message.rsp, message.sid], [refuseWith, undefined]);
    }
    assert.equal(world.introduce().answer.rsp, 0);
  }
});

test("the register's answers come the other way round, or without R2C_T, if the scenario says so", () => {
  const types = (order: string) => {
    const world = new ReolinkWorld({ camera: BATTERY, servers: { register: { order } } });
    return world.exchange(world.register, world.request(), 500)
      .map(({ message }) => message.type);
  };
  assert.deepEqual(types("reversed"), ["R2C_C_R", "R2C_T"]);
  assert.deepEqual(types("withoutT"), ["R2C_C_R"]);
});

test("the relay joins client and camera by sid and cid, whoever comes first", () => {
  const world = new ReolinkWorld({ nat: "symmetric", camera: { ...BATTERY, nat: "symmetric" } });
  const introduction = world.introduce();
  const { client, peer } = world.connect("relay", introduction);
  assert.deepEqual(peer, introduction.answer.relay);
  assert.equal(client.login(), 200);
  assert.deepEqual(
    world.cameraEvents.find(({ type }) => type === "sessionOpen"),
    { type: "sessionOpen", client: peer, way: "relay" },
  );
});

test("the relay ignores whoever does not know sid and cid", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  const { sid, cid, answer } = world.introduce();
  assert.ok(answer.relay !== undefined);
  const knock = { type: "C2D_T", conn: "relay", mtu: 1350 } as const;
  const strangers = [{ sid: sid + 1, cid }, { sid, cid: cid + 1 }];
  world.world.runFor(2_000);
  for (const ids of strangers) {
    const heard = world.exchange(answer.relay, { ...knock, ...ids }, 1_000);
    assert.deepEqual(heard.filter(({ message }) => message.type === "D2C_CFM"), []);
  }
  const [heard] = world.exchange(answer.relay, { ...knock, sid, cid }, 100, 9)
    .filter(({ message }) => message.type === "D2C_CFM");
  assert.equal(heard?.tid, 9);
  assert.ok(heard.message.type === "D2C_CFM");
  const { conn, rsp, time_r } = heard.message;
  assert.deepEqual([conn, rsp, time_r], ["relay", 0, 0]);
});

test("a relay that forgets its sessions carries nothing any more", () => {
  const world = new ReolinkWorld({ servers: { relay: { forgetAfter: "5s" } } });
  const { client } = world.connect("relay");
  assert.equal(client.login(), 200);
  world.world.runFor(6_000);
  const { stray } = world.camera.drops;
  assert.throws(() => client.askRaw(93));
  assert.equal(world.camera.drops.stray, stray);
});

test("the cloud records the alarms of its cameras, and nobody else's", () => {
  const world = new ReolinkWorld();
  const entropy = (length: number) => new Uint8Array(length);
  world.exchangeBytes(world.register, encodeAlarm({ counter: 1, uid: UID }, entropy));
  world.exchangeBytes(
    world.register,
    encodeAlarm({ counter: 1, uid: "95270000NOSUCHID" }, entropy),
  );
  const alarms = world.cloudEvents.filter(({ type }) => type === "alarm");
  assert.deepEqual(alarms, [{ type: "alarm", uid: UID }]);
});

test("only cameras that exist may register", () => {
  const world = new ReolinkWorld();
  const [server] = world.servers;
  assert.ok(server !== undefined);
  assert.deepEqual(
    world.exchange(server, { type: "D2M_Q", uid: "95270000NOSUCHID0000", r: 3 }),
    [],
  );
  const token = 5n;
  assert.deepEqual(world.exchange(world.register, { type: "D2R_R", uid: UID, token, r: 3 }), []);
  const beat = { type: "D2R_HB", uid: UID, needrsp: 1, token } as const;
  assert.deepEqual(world.exchange(world.register, beat), []);
});

test("the register keeps no more sessions than its limit", () => {
  const world = new ReolinkWorld({ camera: BATTERY });
  for (let cid = 0; cid < 100; cid++) world.exchange(world.register, world.request(cid), 1);
  assert.equal(world.cloud.load.sessions, 64);
  assert.ok(world.cloud.load.relays <= 12);
  assert.deepEqual(endpointOf(world.cloud.sockets, "register"), world.register);
});
