import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_CAMERA_FAULTS } from "../../lib/sim/reolink/camera_faults.ts";
import {
  NO_MIDDLEMAN_FAULTS,
  NO_REGISTER_FAULTS,
  NO_RELAY_FAULTS,
} from "../../lib/sim/reolink/server_faults.ts";
import { assertNamed, type FaultRow } from "../support/doctor_table.ts";
import { type Examined, examineReolinkWorld } from "../support/doctor_world.ts";

const WRONG = "admin:hunter2hunter2";

const camera = (faults: Record<string, unknown>, rest = {}) => ({ camera: { faults, ...rest } });
const quirk = (quirks: Record<string, unknown>) => ({ camera: { quirks } });
const middlemen = (...list: readonly Record<string, unknown>[]) => ({
  servers: { middlemen: list },
});
const register = (faults: Record<string, unknown>) => ({ servers: { register: faults } });
const relay = (faults: Record<string, unknown>) => ({ servers: { relay: faults } });
const BATTERY = { power: "battery" };
/** Where it can be found by its UID. */
const ON_LAN = { lan: { discovery: [2015] } };
const BOTH_SYMMETRIC = { camera: { nat: "symmetric" }, nat: "symmetric" } as const;

/** The doctor may call the camera unless a row says otherwise. */
const FAULTS: readonly FaultRow[] = [
  ["nothing is wrong", {}, "works", 0],

  [
    "every middleman is silent",
    middlemen({ silent: true }, { silent: true }),
    "nothing-answers",
    5,
  ],
  ["some middlemen are silent", middlemen({}, { silent: true }), "works-silent-servers", 0],
  ["every middleman sends garbage", middlemen({ garbage: true }), "server-garbled", 5],
  ["some middlemen send garbage", middlemen({}, { garbage: true }), "works-garbled-servers", 0],
  ["a middleman is slow", middlemen({ delay: "3s" }), "works-slow-server", 0],
  ["some middlemen do not know it", middlemen({}, { stranger: true }), "works", 0],
  [
    "every middleman is silent, and the camera is on the LAN",
    { ...middlemen({ silent: true }), camera: ON_LAN },
    "works-lan-only",
    0,
  ],
  ["the register is silent", register({ silent: true }), "server-silent", 5],
  ["the register sends garbage", register({ garbage: true }), "server-garbled", 5],
  ["the register is slow", register({ delay: "3s" }), "works-slow-server", 0],
  ["the register refuses at first", register({ refuseFirst: 2 }), "works", 0],
  ["the register refuses", register({ refuseFirst: 1_000 }), "unknown-camera", 3],
  [
    "the register refuses with another code, and an address",
    register({ refuseFirst: 1_000, refuseWith: -3, refusalHasAddress: true }),
    "unknown-camera",
    3,
  ],
  ["the register's answers come reversed", register({ order: "reversed" }), "works", 0],
  ["the register sends no R2C_T", register({ order: "withoutT" }), "works", 0],
  ["the relay carries nothing", relay({ silent: true }), "works-without-relay", 0],
  ["the relay forgets sessions", relay({ forgetAfter: "300ms" }), "works-breaking", 0],
  [
    "the relay carries nothing, and no other way leads there",
    { ...BOTH_SYMMETRIC, ...relay({ silent: true }) },
    "camera-silent",
    5,
  ],

  ["the camera is off", camera({ off: true }), "unknown-camera", 3],
  ["the camera answers nobody", camera({ silent: true }), "camera-silent", 5],
  ["the camera vanishes at once", camera({ vanishAfter: "100ms" }), "lost", 5],
  ["the camera vanishes later", camera({ vanishAfter: "4s" }), "lost", 5],
  ["the camera ends sessions", camera({ disconnectAfter: "100ms" }), "stream-breaks", 5],
  ["the camera moves to another port", camera({ movePortAfter: "200ms" }), "works", 0],
  ["acknowledgements are lost", camera({ ackLoss: 0.3 }), "works", 0],
  ["the camera confirms late", camera({ lateConfirmations: 5 }), "works", 0],
  ["the camera knocks late", camera({ lateKnockAfter: "200ms" }), "works", 0],
  ["a frame is corrupt", camera({ corruptMediaAfter: "10ms" }), "works", 0],
  ["the picture is slow", camera({ slowAfter: "100ms" }), "works", 0],
  [
    "the camera's link is bad",
    { camera: { link: { delay: "10ms", loss: 0.15 } } },
    "works-lossy",
    0,
  ],

  ["the password is wrong", { login: WRONG }, "password-refused", 4],
  ["no password is given", { login: "admin" }, "password-missing", 4],
  ["the camera refuses logins", camera({ refuseLogins: 9 }), "password-refused", 4],
  ...[401, 406, 417].map((code): FaultRow => [
    `the camera refuses logins with ${code}`,
    camera({ refuseLogins: 9, refuseLoginWith: code }),
    "password-refused",
    4,
  ]),
  [
    "there is no such stream",
    { query: "stream=extern", camera: { streams: { extern: "none" } } },
    "no-stream",
    5,
  ],
  ["the camera does not answer previews", quirk({ unanswered: [3] }), "works", 0],
  ["nonces are short", quirk({ nonceLength: 16 }), "works", 0],

  ["the camera is behind a cone NAT", { camera: { nat: "cone" }, nat: "cone" }, "works", 0],
  ["both NATs are symmetric", BOTH_SYMMETRIC, "works-relay-only", 0],
  ["a way is asked for that is none", { ...BOTH_SYMMETRIC, query: "way=map" }, "pinned-way", 5],
  ["nobody knows the UID", { id: "95270000NOBODY00" }, "unknown-camera", 3],
  ["names cannot be resolved", { unresolved: true }, "unresolved", 5],

  ["a battery camera may be woken", { camera: BATTERY }, "works", 0],
  ["a battery camera must not be woken", { camera: BATTERY, mayWake: false }, "spared", 0],
  ["a camera must not be called", { mayWake: false }, "spared", 0],
  [
    "a camera on mains is on the LAN, and one with a battery must not be called",
    { mayWake: false, camera: ON_LAN },
    "works",
    0,
  ],
  [
    "a battery camera falls asleep in spite of us",
    camera({ dropOffAfter: "300ms" }, BATTERY),
    "stream-breaks",
    5,
  ],
];

for (const row of FAULTS) {
  const [when, options, cause, exitCode] = row;
  test(`examine() says ${cause}, exit ${exitCode}, of a Reolink camera when ${when}`, async () => {
    assertNamed(await examineReolinkWorld(options), row);
  });
}

test("the doctor has a row for every fault of a simulated Reolink cloud and camera", () => {
  const rows = JSON.stringify(FAULTS);
  const faults = [NO_CAMERA_FAULTS, NO_MIDDLEMAN_FAULTS, NO_REGISTER_FAULTS, NO_RELAY_FAULTS]
    .flatMap(Object.keys);
  const optional = [
    ...["vanishAfter", "dropOffAfter", "disconnectAfter", "movePortAfter", "lateKnockAfter"],
    ...["corruptMediaAfter", "slowAfter", "forgetAfter"],
  ];
  for (const fault of [...faults, ...optional]) {
    // How much more than `disconnectAfter` there may be.
    if (fault !== "disconnectJitter") assert.ok(rows.includes(`"${fault}":`), fault);
  }
});

const logins = ({ events }: Examined) => events.filter(({ type }) => type === "login").length;
const wakes = ({ events }: Examined) =>
  events.filter((event) => event.type === "power" && event.state !== "asleep").length;

test("examine() takes every step towards a Reolink camera, each way on its own", async () => {
  const { steps, findings } = await examineReolinkWorld();
  const names = steps.map(({ name }) => name);
  for (
    const name of ["udp", "server", "id", "camera", "account", "power", "stream", "frame"] as const
  ) {
    assert.ok(names.includes(name), name);
    assert.ok(names.indexOf(name) < names.indexOf("way"), `${name} comes before the ways`);
  }
  const ways = steps.filter(({ name }) => name === "way");
  assert.deepEqual(ways.map(({ way, outcome }) => `${way} ${outcome}`), [
    "lan ok",
    "map ok",
    "relay ok",
  ]);
  assert.ok(findings.ways.every(({ rtt = 0, loss }) => rtt > 0 && loss === 0));
});

test("examine() sends a password that is refused once", async () => {
  assert.equal(logins(await examineReolinkWorld({ login: WRONG })), 1);
  assert.equal(logins(await examineReolinkWorld(camera({ refuseLogins: 9 }))), 1);
});

test("examine() wakes a camera that sleeps only when it may, and says what it left out", async () => {
  const sleeping = { camera: { ...BATTERY, ...ON_LAN, quirks: { answersAsleepAfter: 4 } } };
  const spared = await examineReolinkWorld({ ...sleeping, mayWake: false });
  assert.equal(wakes(spared), 0);
  assert.equal(logins(spared), 0);
  const skipped = spared.steps.filter(({ outcome, name }) =>
    outcome === "skipped" && name === "way"
  );
  assert.deepEqual(skipped.map(({ way }) => way), ["map", "relay"]);
  assert.match(skipped[0]?.detail ?? "", /--wake/);
  const woken = await examineReolinkWorld({ ...sleeping, mayWake: true });
  assert.ok(wakes(woken) > 0);
  assert.equal(woken.diagnosis.type, "works");
});

test("examine() ends soon when it is called off, wherever it is, and leaves nothing open", async () => {
  for (const stopAfter of [1, 30, 100, 1_000, 5_500, 7_000, 9_000]) {
    const { took, openSockets, timers } = await examineReolinkWorld({
      camera: { nat: "cone" },
      nat: "cone",
      stopAfter,
    });
    assert.ok(took <= stopAfter + 3_000, `${stopAfter}: took ${took} ms`);
    assert.equal(openSockets, 0);
    assert.equal(timers, 0);
  }
});
