import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloseReason, Instant } from "../../machine.ts";
import { type CloudScript, middleman, ON_LAN, REG, ScriptedCloud } from "./scripted_cloud.ts";
import type { ReolinkEndStage } from "./signaling_event.ts";
import type { ReolinkSignalingOptions } from "./signaling_options.ts";

interface Case {
  readonly name: string;
  readonly script?: Partial<CloudScript>;
  readonly options?: Partial<ReolinkSignalingOptions>;
  readonly reason: CloseReason;
  readonly stage: ReolinkEndStage;
  readonly detail: RegExp;
  readonly advice: RegExp;
  /** When it has to be over. */
  readonly by: Instant;
}

const NO_PATH = { direct: { local: false, map: false }, relayAnswers: false };

const CASES: readonly Case[] = [
  {
    name: "a UID no middleman knows",
    script: { middlemen: [-3, -3, -3] },
    reason: "unreachable",
    stage: "lookup",
    detail: /does not know this UID \(3 of 3 .*; no such camera answered at 1 addresses/,
    advice: /Check the UID/,
    by: 5_000,
  },
  {
    name: "a UID that those middlemen do not know that are alive",
    script: { middlemen: [-3, "silent", -3, "silent"] },
    reason: "unreachable",
    stage: "lookup",
    detail: /does not know this UID \(2 of 4/,
    advice: /Check the UID/,
    by: 5_000,
  },
  {
    name: "a UID that is unknown, without a LAN to look at",
    script: { middlemen: [-3] },
    options: { lanTargets: [] },
    reason: "unreachable",
    stage: "lookup",
    detail: /does not know this UID \(1 of 1 lookup servers answered, none knows it\)$/,
    advice: /Check the UID/,
    by: 20,
  },
  {
    name: "middlemen that refuse for another reason",
    script: { middlemen: [-7, -7] },
    reason: "peer",
    stage: "lookup",
    detail: /lookup servers refused \(rsp -7\)/,
    advice: /try again later/,
    by: 15_000,
  },
  {
    name: "middlemen none of which answers",
    script: { middlemen: ["silent", "silent"] },
    reason: "timeout",
    stage: "lookup",
    detail: /none of 2 lookup servers answered 60 requests in 15\.0 s/,
    advice: /may send UDP/,
    by: 15_000,
  },
  {
    name: "a middleman that agrees but names no register",
    script: { middlemen: ["empty"] },
    reason: "timeout",
    stage: "lookup",
    detail: /none of 1 lookup servers answered/,
    advice: /may send UDP/,
    by: 15_000,
  },
  {
    name: "names that could not be resolved",
    options: { middlemen: [], moreMiddlemen: true },
    reason: "unreachable",
    stage: "lookup",
    detail: /address of no lookup server is known/,
    advice: /name resolution/,
    by: 15_000,
  },
  {
    name: "nobody to ask at all",
    options: { middlemen: [], lanTargets: [] },
    reason: "unreachable",
    stage: "lookup",
    detail: /address of no lookup server is known$/,
    advice: /name resolution/,
    by: 0,
  },
  {
    name: "a register that is silent",
    script: { silentRegisters: [REG] },
    options: { attempts: 1 },
    reason: "timeout",
    stage: "register",
    detail: /the register 192\.0\.2\.50:58200 did not answer 30 requests/,
    advice: /try again later/,
    by: 16_100,
  },
  {
    name: "a register that has not heard from the camera",
    script: { refusals: 99, refusalRsp: -1 },
    reason: "unreachable",
    stage: "register",
    detail: /does not hear from the camera \(rsp -1\)/,
    advice: /Check the UID/,
    by: 16_000,
  },
  {
    name: "a register that does not know the camera",
    script: { refusals: 99, refusalRsp: -3 },
    reason: "unreachable",
    stage: "register",
    detail: /does not hear from the camera \(rsp -3\)/,
    advice: /Check the UID/,
    by: 16_000,
  },
  {
    name: "a register that refuses for another reason",
    script: { refusals: 99, refusalRsp: 5 },
    options: { attempts: 2, lanTargets: [] },
    reason: "peer",
    stage: "register",
    detail: /the register 192\.0\.2\.50:58200 refused \(rsp 5\)/,
    advice: /try again later/,
    by: 2_100,
  },
  {
    name: "a register that gives up as the camera does not come",
    script: NO_PATH,
    options: { attempts: 1 },
    reason: "unreachable",
    stage: "punching",
    detail: /gave up before the camera answered at local 192\.168\.1\.20:18371, map 203\./,
    advice: /may be off, asleep or restarting/,
    by: 15_100,
  },
  {
    name: "a camera that does not come, whatever the register does",
    script: { ...NO_PATH, deafFor: 99, fullAfter: undefined },
    options: { attempts: 3 },
    reason: "unreachable",
    stage: "punching",
    detail: /the register gave up|did not answer at local/,
    advice: /may be off, asleep or restarting/,
    by: 46_000,
  },
  {
    name: "a camera that is not to be had on the one path allowed",
    script: { ...NO_PATH, goodbyeAfter: undefined },
    options: { attempts: 1, way: "map" },
    reason: "unreachable",
    stage: "punching",
    detail: /at map 203\.0\.113\.9:18371$/,
    advice: /way|off/,
    by: 16_100,
  },
  {
    name: "a camera that refuses every handshake",
    script: { direct: { local: true, map: true }, confirmRsp: -2 },
    options: { attempts: 1, lanTargets: [] },
    reason: "peer",
    stage: "punching",
    detail: /the camera refused the handshake \(local, rsp -2\)/,
    advice: /too many viewers/,
    by: 2_000,
  },
  {
    name: "a camera that says goodbye at once",
    script: { ...NO_PATH, goodbyeAfter: 200 },
    options: { attempts: 2, lanTargets: [] },
    reason: "peer",
    stage: "punching",
    detail: /the camera ended the session at once/,
    advice: /too many viewers/,
    by: 5_000,
  },
  {
    name: "a camera that is not on the LAN, when there is nothing else",
    options: { middlemen: [] },
    reason: "unreachable",
    stage: "discover",
    detail: /no such camera answered at 1 addresses of the LAN in 15\.0 s/,
    advice: /same network/,
    by: 15_000,
  },
  {
    name: "a camera that refuses on the LAN",
    script: { lanAfter: 0, lanRsp: -1 },
    options: { middlemen: [] },
    reason: "peer",
    stage: "discover",
    detail: /the camera at 192\.168\.1\.20:2015 refused \(rsp -1\)/,
    advice: /too many viewers/,
    by: 100,
  },
  {
    name: "a camera that refuses on the LAN while the cloud knows nothing of it",
    script: { lanAfter: 0, lanRsp: -1, middlemen: [-3] },
    reason: "peer",
    stage: "discover",
    detail: /the camera at 192\.168\.1\.20:2015 refused/,
    advice: /too many viewers/,
    by: 5_000,
  },
];

for (const { name, script, options, reason, stage, detail, advice, by } of CASES) {
  test(`ReolinkSignaling explains ${name}`, () => {
    const cloud = new ScriptedCloud(script, options).run(by);
    const [closed, ...more] = cloud.eventsOf("closed");
    assert.ok(closed !== undefined, `not over: ${cloud.stages.join(", ")}`);
    assert.equal(more.length, 0);
    assert.deepEqual([closed.reason, closed.stage], [reason, stage]);
    assert.match(closed.detail, detail);
    assert.match(closed.advice, advice);
    assert.equal(cloud.events.at(-1)?.event.type, "closed");
    assert.equal(cloud.machine.pollTimeout(), undefined);
    assert.deepEqual(running(cloud), []);
    const sent = cloud.sent.length;
    assert.equal(cloud.run(by + 60_000).sent.length, sent, "it goes on sending");
  });
}

/** Stages that have begun and not come to an end. */
function running(cloud: ScriptedCloud): string[] {
  const open = new Set<string>();
  for (const { stage, status } of cloud.eventsOf("stage")) {
    if (status === "started") open.add(stage);
    else assert.ok(open.delete(stage), `${stage} ${status} without a beginning`);
  }
  return [...open];
}

test("ReolinkSignaling is over at once when endMiddlemen() leaves nobody to ask", () => {
  const cloud = new ScriptedCloud({}, { middlemen: [], moreMiddlemen: true, lanTargets: [] });
  cloud.run(1_000).command((machine, now) => machine.endMiddlemen(now));
  assert.equal(cloud.eventsOf("closed")[0]?.detail, "the address of no lookup server is known");
});

test("ReolinkSignaling knows that a UID is unknown as soon as endMiddlemen() says who was all", () => {
  const options = { moreMiddlemen: true, lanTargets: [] };
  const cloud = new ScriptedCloud({ middlemen: [-3, -3] }, options).run(1_000);
  assert.equal(cloud.eventsOf("closed").length, 0);
  cloud.command((machine, now) => machine.endMiddlemen(now));
  assert.match(cloud.eventsOf("closed")[0]?.detail ?? "", /does not know this UID \(2 of 2/);
});

test("ReolinkSignaling with one attempt calls a camera once", () => {
  const cloud = new ScriptedCloud(NO_PATH, { attempts: 1 }).run(60_000);
  assert.equal(cloud.sessions.length, 1);
});

test("ReolinkSignaling calls a camera as often as it may, which refusals do not count for", () => {
  const cloud = new ScriptedCloud({ ...NO_PATH, refusals: 3 }, { calls: 2 }).run(90_000);
  assert.equal(cloud.sessions.length, 2);
  assert.equal(cloud.eventsOf("closed")[0]?.stage, "punching");
});

test("ReolinkSignaling begins no attempt later than 30 s after the first", () => {
  const cloud = new ScriptedCloud({ refusals: 999 }, { attempts: 100 }).run(60_000);
  const attempts = cloud.sentOf("C2R_C").map(({ at }) => at);
  assert.equal(attempts.length, 29);
  assert.ok((attempts.at(-1) ?? Infinity) < 31_000);
});

test("ReolinkSignaling fails no sooner than its LAN branch, unless the UID is unknown", () => {
  const cloud = new ScriptedCloud({ refusals: 99 }, { attempts: 1 }).run(10_000);
  assert.equal(cloud.eventsOf("closed").length, 0);
  cloud.say("lan", ON_LAN, {
    type: "D2C_C_R",
    rsp: 0,
    cid: cloud.sentOf("C2D_C")[0]?.message.cid ?? 0,
    did: 5,
  });
  assert.equal(cloud.machine.contact?.way, "lan");
});

test("ReolinkSignaling refuses options that cannot be sent", () => {
  assert.throws(() => new ScriptedCloud({}, { uid: "<UID>" }), RangeError);
  assert.throws(() => new ScriptedCloud({}, { uid: "" }), RangeError);
  const local = { lan: { address: "::1", port: 1 }, cloud: { address: "::1", port: 2 } };
  assert.throws(() => new ScriptedCloud({}, { local }), RangeError);
});

test("ReolinkSignaling gives a middleman that is added at the last moment time to answer", () => {
  const options = { middlemen: [middleman(0)], moreMiddlemen: true, lanTargets: [] };
  const cloud = new ScriptedCloud({ middlemen: [-3, "silent"] }, options).run(4_990);
  cloud.command((machine, now) => machine.addMiddleman(now, middleman(1))).run(6_489);
  assert.equal(cloud.eventsOf("closed").length, 0);
  cloud.run(6_490);
  assert.match(cloud.eventsOf("closed")[0]?.detail ?? "", /does not know this UID \(1 of 2/);
});
