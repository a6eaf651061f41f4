import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_MIDDLEMEN } from "./cloud.ts";
import { MAX_REGISTERS } from "./cloud_attempt.ts";
import { MAX_LAN_TARGETS } from "./discovery.ts";
import { MAX_ANSWERED } from "./handshakes.ts";
import { CLOUD_DID, DMAP, middleman, REG, ScriptedCloud } from "./scripted_cloud.ts";
import { makeCid, Tids } from "./tids.ts";

test("ReolinkSignaling limits how many middlemen it asks", () => {
  const cloud = new ScriptedCloud({}, { middlemen: [], moreMiddlemen: true, lanTargets: [] });
  cloud.command((machine, now) => {
    for (let index = 0; index < 2 * MAX_MIDDLEMEN; index++) {
      machine.addMiddleman(now, middleman(index));
    }
  });
  assert.equal(cloud.sentOf("C2M_Q").length, MAX_MIDDLEMEN);
});

test("ReolinkSignaling limits how many places on the LAN it looks at", () => {
  const lanTargets = Array.from({ length: 100 }, (_, index) => middleman(index));
  const cloud = new ScriptedCloud({}, { lanTargets });
  assert.equal(cloud.sentOf("C2D_C").length, MAX_LAN_TARGETS);
});

test("ReolinkSignaling limits how many registers it asks in one attempt", () => {
  const middlemen = Array.from({ length: 8 }, (_, index) => middleman(index));
  const silentRegisters = middlemen.map((_, index) => ({ ...REG, port: 1_000 + index }));
  const options = { middlemen, attempts: 1, lanTargets: [] };
  const cloud = new ScriptedCloud({ middlemen: [], silentRegisters }, options);
  silentRegisters.forEach((reg, index) => {
    cloud.say("cloud", middleman(index), { type: "M2C_Q_R", reg, rsp: 0 });
  });
  cloud.run(60_000);
  const registers = new Set(cloud.sentOf("C2R_C").map(({ to }) => to.port));
  assert.equal(registers.size, MAX_REGISTERS);
  assert.equal(cloud.eventsOf("closed").length, 1);
});

test("ReolinkSignaling limits at how many endpoints it answers the camera", () => {
  const cloud = new ScriptedCloud({ direct: { local: false, map: false }, relayAnswers: false });
  cloud.run(100);
  const [session] = cloud.sessions;
  assert.ok(session !== undefined);
  const { cid, sid } = session;
  for (let index = 0; index < 100; index++) {
    const from = { ...DMAP, port: 30_000 + index };
    cloud.say("cloud", from, { type: "D2C_T", sid, conn: "map", cid, did: CLOUD_DID });
  }
  assert.equal(cloud.sentOf("C2D_A").length, MAX_ANSWERED);
});

test("ReolinkSignaling counts what it cannot read, what is not for it, and what it knows", () => {
  const cloud = new ScriptedCloud({ middlemen: [-3, "silent"] }).run(100);
  const { counters } = cloud.machine;
  cloud.machine.handleDatagram(100, "cloud", REG, new Uint8Array(30));
  assert.deepEqual(counters, { undecodable: 1, unmatched: 0, repeated: 0 });
  cloud.say("cloud", DMAP, { type: "D2C_HB", cid: 1, did: 1 });
  cloud.say("cloud", DMAP, { type: "C2M_Q", uid: "A" });
  cloud.say("elsewhere", DMAP, { type: "D2C_HB", cid: 1, did: 1 });
  assert.deepEqual(counters, { undecodable: 1, unmatched: 3, repeated: 0 });
  cloud.say("cloud", middleman(0), { type: "M2C_Q_R", rsp: -3 });
  assert.deepEqual(counters, { undecodable: 1, unmatched: 3, repeated: 1 });
});

test("Tids never gives the same number twice, nor 0, with the worst of randomness", () => {
  const tids = new Tids((length) => new Uint8Array(length).fill(0xff));
  const numbers = Array.from({ length: 100 }, () => tids.next());
  assert.equal(new Set(numbers).size, 100);
  assert.ok(!numbers.includes(0));
  assert.ok(tids.has(0xffff) && tids.has(1) && !tids.has(100));
});

test("makeCid() is signed and never 0", () => {
  assert.equal(makeCid((length) => new Uint8Array(length).fill(0xff)), -1);
  assert.notEqual(makeCid((length) => new Uint8Array(length)), 0);
});
