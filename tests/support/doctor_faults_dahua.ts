/** Every fault of a simulated Dahua cloud and camera, and what the doctor calls it. @module */

import type { FaultRow } from "./doctor_table.ts";

const SALT = "0123456789abcdef0123456789abcdef";
export const LOGIN = "admin:sightline";
export const WRONG = "admin:hunter2hunter2";

const camera = (faults: Record<string, unknown>, rest = {}) => ({ camera: { faults, ...rest } });
const wants = (rest = {}) => ({ camera: { auth: "required", ...rest } });
const salted = (told: string) => wants({ salt: { value: SALT, told } });
const HOUR = { clockSkew: "1h" };
export const BOTH_SYMMETRIC = { camera: { nat: "symmetric" }, nat: "symmetric" } as const;

export const DAHUA_FAULTS: readonly FaultRow[] = [
  ["nothing is wrong", {}, "works", 0],

  ["the main server is silent", { servers: { main: { silent: true } } }, "nothing-answers", 5],
  ["the main server sends garbage", { servers: { main: { garbage: true } } }, "server-garbled", 5],
  ["the main server is slow", { servers: { main: { delay: "3s" } } }, "works-slow-server", 0],
  ["the main server is too slow", { servers: { main: { delay: "12s" } } }, "nothing-answers", 5],
  ["the main server's clock is off", { servers: { main: HOUR } }, "works-wrong-server-clock", 0],
  ["our clock is ahead", { clockAhead: 3_600_000 }, "works-wrong-clock", 0],
  ["our clock is behind", { clockAhead: -86_400_000 }, "works-wrong-clock", 0],
  ["the P2P server is silent", { servers: { p2p: { silent: true } } }, "works-silent-servers", 0],
  [
    "the P2P server sends garbage",
    { servers: { p2p: { garbage: true } } },
    "works-garbled-servers",
    0,
  ],
  ["the P2P server is slow", { servers: { p2p: { delay: "4s" } } }, "works-slow-server", 0],
  ["the P2P server's clock is off", { servers: { p2p: HOUR } }, "works-wrong-server-clock", 0],
  ["the relay server is silent", { servers: { relay: { silent: true } } }, "relay-down", 5],
  [
    "the relay server sends garbage",
    { servers: { relay: { garbage: true } } },
    "server-garbled",
    5,
  ],
  ["the relay server is slow", { servers: { relay: { delay: "3s" } } }, "works-slow-server", 0],
  ["the relay server's clock is off", { servers: { relay: HOUR } }, "works-wrong-server-clock", 0],
  [
    "one relay server of two is silent",
    { servers: { relay: { silent: true }, moreRelays: [{}] } },
    "works-silent-servers",
    0,
  ],
  ["the relay server keeps count", { servers: { relay: { delayPerHeld: "3s" } } }, "works", 0],
  ["the relay agent is silent", { servers: { agent: { silent: true } } }, "relay-down", 5],
  ["the relay agent sends garbage", { servers: { agent: { garbage: true } } }, "server-garbled", 5],
  ["the relay agent is slow", { servers: { agent: { delay: "3s" } } }, "works-slow-server", 0],
  ["the relay agent's clock is off", { servers: { agent: HOUR } }, "works-wrong-server-clock", 0],
  [
    "the agent resets sessions",
    { servers: { agent: { resetAfter: "500ms" } } },
    "works-breaking",
    0,
  ],
  [
    "the agent forgets clients",
    { servers: { agent: { forgetAfter: "500ms" } } },
    "works-breaking",
    0,
  ],
  [
    "the agent resets sessions and no other way leads there",
    { ...BOTH_SYMMETRIC, servers: { agent: { resetAfter: "500ms" } } },
    "stream-breaks",
    5,
  ],
  ["the agent loses heartbeats", { servers: { agent: { heartbeatLoss: 1 } } }, "works", 0],
  ["the agent's streams wrap", { servers: { agent: { initialSeq: 0xffff_ff00 } } }, "works", 0],

  ["the camera answers nobody", camera({ silent: true }), "camera-silent", 5],
  ["the camera is slow", camera({ answerDelay: "3s" }), "works-slow-camera", 0],
  ["the camera is too slow", camera({ answerDelay: "60s" }), "camera-silent", 5],
  ["no punch is answered", camera({ silentPunch: true }, { nat: "cone" }), "works-relay-only", 0],
  ["punches are answered late", camera({ silentPunch: "2s" }, { nat: "cone" }), "works", 0],
  ["the camera vanishes at once", camera({ vanishAfter: "50ms" }), "lost", 5],
  ["the camera vanishes later", camera({ vanishAfter: "4s" }), "lost", 5],
  ["the camera drops connections", camera({ disconnectAfter: "20ms" }), "no-stream", 5],
  ["streams do not last", camera({ disconnectAfter: "1s" }), "stream-breaks", 5],
  [
    "the camera bears one connection",
    camera({ realmLimit: 1, pastRealmLimit: "stall" }),
    "works",
    0,
  ],
  ["the camera loses heartbeats", camera({ heartbeatLoss: 1 }), "works", 0],
  [
    "the camera's link is bad",
    { camera: { link: { delay: "10ms", loss: 0.15 } } },
    "works-lossy",
    0,
  ],
  ["the camera's firmware is odd", { camera: { quirks: { mss: 100 } } }, "works", 0],

  ["an account is wanted and none given", wants(), "password-missing", 4],
  ["an account is wanted and given", { ...wants(), login: LOGIN }, "works", 0],
  ["the password is wrong", { ...wants(), login: WRONG }, "password-refused", 4],
  ["the salt is told in clear", { ...salted("clear"), login: LOGIN }, "works", 0],
  ["the salt is told enciphered", { ...salted("encrypted"), login: LOGIN }, "works", 0],
  ["the salt is not told", { ...salted("absent"), login: LOGIN }, "salt-unknown", 4],
  [
    "the salt's server is silent",
    { ...salted("clear"), login: LOGIN, servers: { p2p: { silent: true } } },
    "salt-unknown",
    4,
  ],
  [
    "the camera's clock is off",
    { ...wants({ faults: { clockSkew: "1h" } }), login: LOGIN },
    "password-refused",
    4,
  ],

  ["the camera is behind a cone NAT", { camera: { nat: "cone" }, nat: "cone" }, "works", 0],
  ["the camera is behind a full cone", { camera: { nat: "full-cone" }, nat: "cone" }, "works", 0],
  [
    "the camera's NAT is symmetric",
    { camera: { nat: "symmetric" }, nat: "cone" },
    "works-relay-only",
    0,
  ],
  ["both NATs are symmetric", BOTH_SYMMETRIC, "works-relay-only", 0],
  ["a way is asked for that is none", { ...BOTH_SYMMETRIC, query: "way=direct" }, "pinned-way", 5],
  ["nobody knows the serial number", { id: "4K0123PAZ99999" }, "unknown-camera", 3],
  ["names cannot be resolved", { unresolved: true }, "unresolved", 5],

  ["RTSP is switched off", { rtsp: "none" }, "no-stream", 5],
  ["RTSP does not answer", { rtsp: "silent" }, "stream-silent", 5],
  ["there is no such stream", { rtsp: "other" }, "no-stream", 5],
  ["the stream has no picture", { rtsp: "frozen" }, "no-keyframe", 7],
  [
    "RTSP refuses the password",
    { rtspUser: { user: "admin", password: "right" }, login: WRONG },
    "password-refused",
    4,
  ],
  [
    "RTSP wants a password",
    { rtspUser: { user: "admin", password: "right" } },
    "password-missing",
    4,
  ],
];
