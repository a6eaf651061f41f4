import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BROADCAST,
  CLOUD_DID,
  DEV,
  DMAP,
  LAN_DID,
  LOCAL,
  middleman,
  ODD_PORT,
  ON_LAN,
  OTHER_REG,
  REG,
  RELAY,
  ScriptedCloud,
  UID,
} from "./scripted_cloud.ts";
import { lanTargets } from "./signaling_options.ts";

/** What the camera was met by, without the ids that are random. */
function contactOf(cloud: ScriptedCloud) {
  const [established, ...more] = cloud.eventsOf("established");
  assert.equal(more.length, 0, "established comes once");
  assert.ok(established !== undefined, "established does not come");
  const { via, peer, way, conn, did, sid } = established;
  return { via, peer, way, conn, did, sid };
}

const BY_MAP = { via: "cloud", peer: DMAP, way: "map", conn: "map", did: CLOUD_DID, sid: 62098713 };
const BY_RELAY = { ...BY_MAP, peer: RELAY, way: "relay", conn: "relay" };
const BY_LOCAL = { ...BY_MAP, peer: DEV, way: "lan", conn: "local" };
const ON_THE_LAN = {
  via: "lan",
  peer: ON_LAN,
  way: "lan",
  conn: undefined,
  did: LAN_DID,
  sid: undefined,
};
const NO_DIRECT = { local: false, map: false };

test("ReolinkSignaling meets a camera through its NAT, told by the one middleman that knows it", () => {
  const cloud = new ScriptedCloud().run(1_000);
  assert.deepEqual(contactOf(cloud), BY_MAP);
  assert.deepEqual(cloud.stages, [
    "discover started",
    "lookup started",
    "lookup answered",
    "register started",
    "register answered",
    "local started",
    "map started",
    "map answered",
    "discover dropped",
    "local dropped",
  ]);
  const [lookup] = cloud.sentOf("C2M_Q");
  assert.deepEqual(lookup?.message, { type: "C2M_Q", uid: UID, p: "MAC" });
  const [established] = cloud.eventsOf("established");
  const [register] = cloud.sentOf("C2R_C");
  assert.deepEqual(register?.to, REG);
  assert.deepEqual(register?.message, {
    type: "C2R_C",
    uid: UID,
    cli: LOCAL.cloud,
    relay: { ...RELAY, port: 58100 },
    cid: established?.cid,
    debug: 0,
    family: 4,
    p: "MAC",
    r: 3,
  });
});

test("ReolinkSignaling takes a camera that answers on the LAN before anything else", () => {
  const cloud = new ScriptedCloud({ lanAfter: 0 }).run(5_000);
  assert.deepEqual(contactOf(cloud), ON_THE_LAN);
  assert.equal(cloud.timeOf("established"), 20);
  const [call] = cloud.sentOf("C2D_C");
  assert.deepEqual(call?.message, {
    type: "C2D_C",
    uid: UID,
    cli: { port: LOCAL.lan.port },
    cid: cloud.machine.contact?.cid,
    mtu: 1350,
    debug: 0,
    p: "MAC",
  });
});

test("ReolinkSignaling says goodbye where the camera comes too late", () => {
  // By then the register has already called the camera for the other branch.
  const cloud = new ScriptedCloud().run(50);
  cloud.say("lan", ON_LAN, {
    type: "D2C_C_R",
    rsp: 0,
    cid: cloud.sentOf("C2D_C")[0]?.message.cid ?? 0,
    did: LAN_DID,
  });
  assert.deepEqual(contactOf(cloud), ON_THE_LAN);
  cloud.run(10_000);
  const goodbyes = cloud.sentOf("C2D_DISC");
  assert.equal(goodbyes.length, 3);
  const [register] = cloud.sentOf("C2R_C");
  for (const { via, to, message } of goodbyes) {
    assert.deepEqual({ via, to }, { via: "cloud", to: DMAP });
    assert.deepEqual(message, { type: "C2D_DISC", cid: register?.message.cid, did: CLOUD_DID });
  }
});

test("ReolinkSignaling prefers the LAN to a relay that waits, and takes leave of the relay", () => {
  const cloud = new ScriptedCloud({ direct: NO_DIRECT, lanAfter: 900 }).run(5_000);
  assert.deepEqual(contactOf(cloud), ON_THE_LAN);
  assert.ok(cloud.stages.includes("relay answered"));
  const goodbyes = cloud.sentOf("C2D_DISC").filter(({ to }) => to.port === RELAY.port);
  assert.deepEqual(goodbyes.slice(0, 3).map(({ at }) => at), [1_020, 1_120, 1_220]);
});

test("ReolinkSignaling says goodbye on the LAN when the cloud was faster, but not for ever", () => {
  const cloud = new ScriptedCloud().run(1_000);
  const cid = cloud.sentOf("C2D_C")[0]?.message.cid ?? 0;
  for (let time = 0; time < 5; time++) {
    cloud.say("lan", ON_LAN, { type: "D2C_C_R", rsp: 0, cid, did: LAN_DID }).run(
      2_000 + time * 500,
    );
  }
  const goodbyes = cloud.sentOf("C2D_DISC").filter(({ via }) => via === "lan");
  assert.equal(goodbyes.length, 6);
  assert.deepEqual(goodbyes[0]?.message, { type: "C2D_DISC", cid, did: LAN_DID });
  assert.deepEqual(contactOf(cloud), BY_MAP);
});

test("ReolinkSignaling counts the camera's own address, as the cloud knows it, as the LAN", () => {
  const cloud = new ScriptedCloud({ direct: { local: true, map: false } }).run(5_000);
  assert.deepEqual(contactOf(cloud), BY_LOCAL);
});

test("ReolinkSignaling takes the relay half a second later, and waits one more for a direct path", () => {
  const cloud = new ScriptedCloud({ direct: NO_DIRECT }).run(5_000);
  assert.deepEqual(contactOf(cloud), BY_RELAY);
  const tests = cloud.sentOf("C2D_T");
  const start = tests[0]?.at ?? 0;
  assert.deepEqual(tests.find(({ message }) => message.conn === "relay")?.at, start + 500);
  assert.equal(cloud.timeOf("established"), start + 500 + 20 + 1_000);
});

test("ReolinkSignaling prefers a direct path that comes while the relay waits", () => {
  const cloud = new ScriptedCloud({ direct: { local: false, map: "odd" }, wakesAfter: 1_200 })
    .run(5_000);
  assert.deepEqual(contactOf(cloud), { ...BY_MAP, peer: ODD_PORT });
  assert.ok(cloud.stages.indexOf("relay answered") < cloud.stages.indexOf("map answered"));
  // The camera has one session, whose end would be the end of both paths.
  assert.deepEqual(cloud.sentOf("C2D_DISC"), []);
});

test("ReolinkSignaling takes the relay the middleman named when the register names none", () => {
  const cloud = new ScriptedCloud({ direct: NO_DIRECT, namesRelay: false }).run(5_000);
  assert.deepEqual(contactOf(cloud), { ...BY_RELAY, peer: { ...RELAY, port: 58100 } });
});

test("ReolinkSignaling starts with the register's early answer, before the full one", () => {
  const cloud = new ScriptedCloud({ fullAfter: undefined }).run(1_000);
  assert.deepEqual(contactOf(cloud), BY_MAP);
});

test("ReolinkSignaling asks the register until the full answer is there, as it names the relay", () => {
  const script = { direct: NO_DIRECT, fullAfter: 2_100 };
  const cloud = new ScriptedCloud(script).run(8_000);
  assert.deepEqual(contactOf(cloud), BY_RELAY);
  assert.equal(cloud.sentOf("C2R_C").length, 5);
});

test("ReolinkSignaling does without the early answer, and ignores one that comes late", () => {
  const lost = new ScriptedCloud({ earlyAfter: undefined }).run(1_000);
  assert.deepEqual(contactOf(lost), BY_MAP);
  const late = new ScriptedCloud({ earlyAfter: 200, direct: NO_DIRECT }).run(5_000);
  assert.deepEqual(contactOf(late), BY_RELAY);
  assert.equal(late.machine.counters.unmatched, 0);
});

test("ReolinkSignaling answers the camera wherever it comes from, as a symmetric NAT demands", () => {
  const cloud = new ScriptedCloud({ direct: { local: false, map: "odd" } }).run(2_000);
  assert.deepEqual(contactOf(cloud), { ...BY_MAP, peer: ODD_PORT });
  const [answer] = cloud.sentOf("C2D_A");
  assert.deepEqual(answer?.to, ODD_PORT);
  assert.equal(answer?.tid, 40_000, "the camera's own transaction number");
});

test("ReolinkSignaling knows answers under other transaction numbers by their sender and ids", () => {
  const cloud = new ScriptedCloud({ ownTids: true }).run(1_000);
  assert.deepEqual(contactOf(cloud), BY_MAP);
});

test("ReolinkSignaling goes through the cloud again, as somebody new, when it is refused", () => {
  const cloud = new ScriptedCloud({ refusals: 3 }).run(10_000);
  assert.deepEqual(contactOf(cloud), BY_MAP);
  const requests = cloud.sentOf("C2R_C");
  assert.deepEqual(requests.map(({ at }) => at), [20, 1060, 2100, 3140]);
  assert.equal(new Set(requests.map(({ message }) => message.cid)).size, 4);
  assert.equal(cloud.eventsOf("stage").at(-1)?.attempt, 4);
});

test("ReolinkSignaling goes through the cloud again when the camera did not hear of us", () => {
  const cloud = new ScriptedCloud({ deafFor: 1, relayAnswers: false }).run(20_000);
  assert.deepEqual(contactOf(cloud), { ...BY_MAP, sid: 62098714 });
});

test("ReolinkSignaling asks the next register when one refuses", () => {
  const cloud = new ScriptedCloud({ middlemen: ["knows", "knowsOther"], refusals: 1 }).run(5_000);
  assert.deepEqual(contactOf(cloud), BY_MAP);
  assert.deepEqual(cloud.sentOf("C2R_C").slice(0, 2).map(({ to }) => to), [REG, OTHER_REG]);
});

test("ReolinkSignaling asks the next register as well when one is silent for two seconds", () => {
  const script = { middlemen: ["knows", "knowsOther"], silentRegisters: [REG] } as const;
  const cloud = new ScriptedCloud(script).run(5_000);
  assert.deepEqual(contactOf(cloud), BY_MAP);
  assert.equal(cloud.sentOf("C2R_C").find(({ to }) => to.address === OTHER_REG.address)?.at, 2_020);
  // The one that answers in the end is told of it.
  assert.deepEqual(cloud.sentOf("C2R_CFM")[0]?.to, OTHER_REG);
});

test("ReolinkSignaling finds the camera although most middlemen are dead", () => {
  const middlemen = ["silent", "silent", "silent", "knows", "silent"] as const;
  assert.deepEqual(contactOf(new ScriptedCloud({ middlemen }).run(1_000)), BY_MAP);
});

test("ReolinkSignaling asks middlemen that are added later, and no others twice", () => {
  const cloud = new ScriptedCloud({ middlemen: [-3, -3, "knows"] }, {
    middlemen: [middleman(0)],
    moreMiddlemen: true,
  });
  cloud.run(1_000).command((machine, now) => machine.addMiddleman(now, middleman(0)));
  cloud.run(3_000).command((machine, now) => machine.addMiddleman(now, middleman(2)));
  cloud.run(4_000);
  assert.deepEqual(contactOf(cloud), BY_MAP);
  assert.equal(cloud.sentOf("C2M_Q").length, 2);
});

test("ReolinkSignaling with way=relay neither tries nor answers direct paths, and does not wait", () => {
  const cloud = new ScriptedCloud({}, { way: "relay" }).run(5_000);
  assert.deepEqual(contactOf(cloud), BY_RELAY);
  assert.deepEqual(cloud.sentOf("C2D_C"), []);
  assert.deepEqual(cloud.sentOf("C2D_A"), []);
  assert.ok(cloud.sentOf("C2D_T").every(({ message }) => message.conn === "relay"));
  assert.equal(cloud.timeOf("established"), 200);
});

test("ReolinkSignaling with way=map tries nothing but the mapped address", () => {
  const cloud = new ScriptedCloud({ direct: { local: true, map: true } }, { way: "map" });
  assert.deepEqual(contactOf(cloud.run(5_000)), BY_MAP);
  assert.deepEqual(cloud.sentOf("C2D_C"), []);
  assert.ok(cloud.sentOf("C2D_T").every(({ message }) => message.conn === "map"));
});

test("ReolinkSignaling with way=lan tries discovery and the camera's own address", () => {
  const cloud = new ScriptedCloud({ direct: { local: true, map: true } }, { way: "lan" });
  assert.deepEqual(contactOf(cloud.run(5_000)), BY_LOCAL);
  assert.ok(cloud.sentOf("C2D_C").length > 0);
  assert.ok(cloud.sentOf("C2D_T").every(({ message }) => message.conn === "local"));
});

test("ReolinkSignaling without middlemen looks on the LAN alone, for as long as it is told", () => {
  const options = { middlemen: [], discoverFor: 30_000 };
  const cloud = new ScriptedCloud({ lanAfter: 20_000 }, options).run(25_000);
  assert.deepEqual(contactOf(cloud), ON_THE_LAN);
  assert.deepEqual(cloud.sentOf("C2M_Q"), []);
});

test("ReolinkSignaling shakes hands on the LAN too, if the camera begins with that", () => {
  const cloud = new ScriptedCloud({}, { middlemen: [] });
  const cid = cloud.sentOf("C2D_C")[0]?.message.cid ?? 0;
  const session = { sid: 7, conn: "local", cid, did: LAN_DID } as const;
  cloud.say("lan", ON_LAN, { type: "D2C_CFM", ...session, sid: 8, rsp: 0 });
  assert.equal(cloud.eventsOf("established").length, 0, "of a session it knows nothing of");
  cloud.say("lan", ON_LAN, { type: "D2C_T", ...session }, 300);
  assert.deepEqual(cloud.sentOf("C2D_A").map(({ tid, to }) => ({ tid, to })), [
    { tid: 300, to: ON_LAN },
  ]);
  cloud.say("lan", ON_LAN, { type: "D2C_CFM", ...session, rsp: 0 }, 300);
  assert.deepEqual(contactOf(cloud), { ...ON_THE_LAN, conn: "local", sid: 7 });
});

test("lanTargets() names both ports cameras listen on", () => {
  assert.deepEqual(lanTargets(["255.255.255.255"]), [
    BROADCAST,
    { address: "255.255.255.255", port: 2018 },
  ]);
});
