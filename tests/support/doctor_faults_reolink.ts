/** Every fault of a simulated Reolink cloud and camera, and what the doctor calls it. @module */

import type { FaultRow } from "./doctor_table.ts";

export const WRONG = "admin:hunter2hunter2";

export const camera = (faults: Record<string, unknown>, rest = {}) => ({
  camera: { faults, ...rest },
});
const quirk = (quirks: Record<string, unknown>) => ({ camera: { quirks } });
const middlemen = (...list: readonly Record<string, unknown>[]) => ({
  servers: { middlemen: list },
});
const register = (faults: Record<string, unknown>) => ({ servers: { register: faults } });
const relay = (faults: Record<string, unknown>) => ({ servers: { relay: faults } });
export const BATTERY = { power: "battery" };
/** Where it can be found by its UID. */
export const ON_LAN = { lan: { discovery: [2015] } };
const BOTH_SYMMETRIC = { camera: { nat: "symmetric" }, nat: "symmetric" } as const;

/** The doctor may call the camera unless a row says otherwise. */
export const REOLINK_FAULTS: readonly FaultRow[] = [
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
