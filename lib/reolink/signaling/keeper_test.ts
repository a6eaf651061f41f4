import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLOUD_DID,
  DMAP,
  LAN_DID,
  ODD_PORT,
  ON_LAN,
  REG,
  ScriptedCloud,
} from "./scripted_cloud.ts";

/** A cloud whose camera has been met through its NAT, and what the two know each other by. */
function met() {
  const cloud = new ScriptedCloud().run(1_000);
  const { contact } = cloud.machine;
  assert.ok(contact?.sid !== undefined);
  const { cid, did, sid } = contact;
  return { cloud, ids: { cid, did }, sid };
}

test("ReolinkSignaling sends a heartbeat each second, under the number of the handshake", () => {
  const { cloud, ids } = met();
  cloud.run(10_000);
  const beats = cloud.sentOf("C2D_HB");
  assert.deepEqual(beats.map(({ at }) => at), [
    100,
    1100,
    2100,
    3100,
    4100,
    5100,
    6100,
    7100,
    8100,
    9100,
  ]);
  const handshake = cloud.sentOf("C2D_T").find(({ message }) => message.conn === "map");
  for (const { to, tid, message } of beats) {
    assert.deepEqual(to, DMAP);
    assert.equal(tid, handshake?.tid);
    assert.deepEqual(message, { type: "C2D_HB", ...ids });
  }
});

test("ReolinkSignaling tells the register five times how it went, and again if that asks", () => {
  const { cloud, ids, sid } = met();
  cloud.run(10_000);
  const news = cloud.sentOf("C2R_CFM");
  assert.deepEqual(news.map(({ at }) => at), [100, 600, 1100, 1600, 2100]);
  assert.deepEqual(news[0]?.message, { type: "C2R_CFM", sid, conn: "map", rsp: 0, ...ids });
  for (let time = 0; time < 3; time++) cloud.say("cloud", REG, { type: "R2C_C_R", sid, rsp: 0 });
  assert.equal(cloud.sentOf("C2R_CFM").length, 6, "not for each of a burst");
  cloud.run(11_000).say("cloud", REG, { type: "R2C_C_R", sid, rsp: 0 });
  assert.equal(cloud.sentOf("C2R_CFM").length, 7);
});

test("ReolinkSignaling goes on answering the camera's handshakes", () => {
  const { cloud, ids, sid } = met();
  cloud.run(20_000).say("cloud", ODD_PORT, { type: "D2C_T", sid, conn: "relay", ...ids }, 777);
  const answer = cloud.sentOf("C2D_A").at(-1);
  assert.deepEqual(answer && { at: answer.at, to: answer.to, tid: answer.tid }, {
    at: 20_000,
    to: ODD_PORT,
    tid: 777,
  });
  assert.deepEqual(answer?.message, { type: "C2D_A", sid, conn: "relay", ...ids, mtu: 1350 });
});

test("ReolinkSignaling answers heartbeats, but a flood of them only now and then", () => {
  const { cloud, ids } = met();
  cloud.run(1_700).say("cloud", DMAP, { type: "D2C_HB", ...ids }, 888);
  const answer = cloud.sentOf("C2D_HB").at(-1);
  assert.deepEqual(answer && { at: answer.at, tid: answer.tid }, { at: 1_700, tid: 888 });
  const before = cloud.sentOf("C2D_HB").length;
  for (let time = 0; time < 100; time++) cloud.say("cloud", DMAP, { type: "D2C_HB", ...ids });
  assert.equal(cloud.sentOf("C2D_HB").length, before);
  cloud.run(2_700);
  assert.equal(cloud.sentOf("C2D_HB").length, before + 1, "the next one a second later");
});

test("ReolinkSignaling sends heartbeats and goodbye to where the camera has moved", () => {
  const { cloud } = met();
  cloud.command((machine) => machine.follow(ODD_PORT)).run(3_000);
  assert.deepEqual(cloud.sentOf("C2D_HB").at(-1)?.to, ODD_PORT);
  assert.deepEqual(cloud.machine.contact?.peer, ODD_PORT);
  cloud.command((machine, now) => machine.close(now)).run(4_000);
  assert.deepEqual(cloud.sentOf("C2D_DISC").at(-1)?.to, ODD_PORT);
});

test("ReolinkSignaling ends when the camera says goodbye", () => {
  const { cloud, ids } = met();
  cloud.say("cloud", DMAP, { type: "D2C_DISC", ...ids });
  assert.deepEqual(cloud.eventsOf("closed"), [{
    type: "closed",
    reason: "peer",
    stage: "open",
    detail: "the camera ended the session",
    advice: "The camera may be off, asleep or restarting: try again in a minute.",
  }]);
  assert.equal(cloud.machine.pollTimeout(), undefined);
  assert.equal(cloud.machine.contact, undefined);
  assert.deepEqual(cloud.sentOf("C2D_DISC"), []);
});

test("ReolinkSignaling ends when the register does", () => {
  const { cloud, sid } = met();
  cloud.say("cloud", REG, { type: "R2C_DISC", sid });
  const [closed] = cloud.eventsOf("closed");
  assert.equal(closed?.reason, "peer");
  assert.equal(closed?.detail, "the register ended the session");
});

test("ReolinkSignaling does not end for goodbyes of other sessions", () => {
  const { cloud, ids, sid } = met();
  const { cid, did } = ids;
  cloud.say("cloud", DMAP, { type: "D2C_DISC", cid: cid + 1, did })
    .say("cloud", DMAP, { type: "D2C_DISC", cid, did: did + 1 })
    .say("cloud", REG, { type: "R2C_DISC", sid: sid + 1 })
    .say("lan", DMAP, { type: "D2C_DISC", cid, did })
    .run(5_000);
  assert.deepEqual(cloud.eventsOf("closed"), []);
});

test("ReolinkSignaling.close() says goodbye three times, then nothing more", () => {
  const { cloud, ids } = met();
  cloud.run(1_500).command((machine, now) => machine.close(now));
  assert.deepEqual(cloud.eventsOf("closed"), []);
  cloud.run(60_000);
  const goodbyes = cloud.sentOf("C2D_DISC");
  assert.deepEqual(goodbyes.map(({ at }) => at), [1_500, 1_600, 1_700]);
  assert.deepEqual(goodbyes[0]?.message, { type: "C2D_DISC", ...ids });
  assert.deepEqual(goodbyes[0]?.to, DMAP);
  assert.deepEqual(cloud.eventsOf("closed").map(({ reason, stage }) => ({ reason, stage })), [
    { reason: "local", stage: "open" },
  ]);
  assert.equal(cloud.timeOf("closed"), 1_700);
  assert.equal(cloud.sent.at(-1)?.at, 1_700);
  assert.equal(cloud.machine.pollTimeout(), undefined);
});

test("ReolinkSignaling.close() before anybody was met ends at once", () => {
  const cloud = new ScriptedCloud({ middlemen: ["silent"] }).run(700);
  cloud.command((machine, now) => machine.close(now));
  assert.equal(cloud.timeOf("closed"), 700);
  assert.equal(cloud.machine.pollTimeout(), undefined);
  assert.deepEqual(cloud.stages.slice(-2), ["discover dropped", "lookup dropped"]);
  cloud.command((machine, now) => machine.close(now)).run(20_000);
  assert.equal(cloud.eventsOf("closed").length, 1);
});

test("ReolinkSignaling.close() during the handshake says goodbye to a camera that was heard", () => {
  const cloud = new ScriptedCloud({ direct: { local: false, map: false } }).run(800);
  assert.ok(cloud.stages.includes("relay answered"));
  cloud.command((machine, now) => machine.close(now)).run(2_000);
  assert.equal(cloud.sentOf("C2D_DISC").length, 3);
  assert.equal(cloud.eventsOf("closed").length, 1);
});

test("ReolinkSignaling does not let commands revive it", () => {
  const { cloud } = met();
  cloud.command((machine, now) => machine.close(now)).run(5_000);
  const before = cloud.sent.length;
  cloud.command((machine, now) => {
    machine.addMiddleman(now, { address: "192.0.2.200", port: 9999 });
    machine.endMiddlemen(now);
    machine.follow(ON_LAN);
    machine.handleTimeout(now);
  }).run(10_000);
  assert.equal(cloud.sent.length, before);
  assert.equal(cloud.events.at(-1)?.event.type, "closed");
});

test("ReolinkSignaling on the LAN has no register to tell, and takes a session the camera brings", () => {
  const cloud = new ScriptedCloud({ lanAfter: 0 }, { middlemen: [] }).run(1_000);
  const cid = cloud.machine.contact?.cid ?? 0;
  const session = { sid: 99, conn: "local", cid, did: LAN_DID } as const;
  cloud.say("lan", ON_LAN, { type: "D2C_T", ...session }, 555).run(3_000);
  assert.equal(cloud.sentOf("C2D_A").at(-1)?.tid, 555);
  assert.deepEqual(cloud.sentOf("C2R_CFM"), []);
  assert.equal(cloud.sentOf("C2D_HB").length, 3);
  assert.equal(cloud.sentOf("C2D_HB")[0]?.message.did, LAN_DID);
  assert.notEqual(LAN_DID, CLOUD_DID);
});
