import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_DEVICE_FAULTS } from "../../lib/sim/dahua/device_faults.ts";
import {
  NO_AGENT_FAULTS,
  NO_RELAY_FAULTS,
  NO_SERVER_FAULTS,
} from "../../lib/sim/dahua/server_faults.ts";
import { assertNamed, type FaultRow } from "../support/doctor_table.ts";
import { examineDahuaWorld } from "../support/doctor_world.ts";

const SALT = "0123456789abcdef0123456789abcdef";
const LOGIN = "admin:sightline";
const WRONG = "admin:hunter2hunter2";

const camera = (faults: Record<string, unknown>, rest = {}) => ({ camera: { faults, ...rest } });
const wants = (rest = {}) => ({ camera: { auth: "required", ...rest } });
const salted = (told: string) => wants({ salt: { value: SALT, told } });
const HOUR = { clockSkew: "1h" };
const BOTH_SYMMETRIC = { camera: { nat: "symmetric" }, nat: "symmetric" } as const;

const FAULTS: readonly FaultRow[] = [
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

for (const row of FAULTS) {
  const [when, options, cause, exitCode] = row;
  test(`examine() says ${cause}, exit ${exitCode}, of a Dahua device when ${when}`, async () => {
    assertNamed(await examineDahuaWorld(options), row);
  });
}

test("the doctor has a row for every fault of a simulated Dahua cloud and device", () => {
  const rows = JSON.stringify(FAULTS);
  const faults = [NO_DEVICE_FAULTS, NO_SERVER_FAULTS, NO_RELAY_FAULTS, NO_AGENT_FAULTS]
    .flatMap(Object.keys);
  for (const fault of [...faults, "resetAfter", "forgetAfter", "moreRelays"]) {
    // How much more than `disconnectAfter` there may be.
    if (fault !== "disconnectJitter") assert.ok(rows.includes(`"${fault}":`), fault);
  }
});

test("examine() takes every step towards a Dahua device, in order and each way on its own", async () => {
  const options = { camera: { auth: "required" }, login: LOGIN };
  const { steps, findings } = await examineDahuaWorld(options);
  const names = steps.map(({ name }) => name);
  for (
    const name of ["udp", "server", "id", "salt", "camera", "account", "stream", "frame"] as const
  ) {
    assert.ok(names.includes(name), name);
    assert.ok(names.indexOf(name) < names.indexOf("way"), `${name} comes before the ways`);
  }
  const ways = steps.filter(({ name }) => name === "way");
  assert.deepEqual(ways.map(({ way, outcome }) => `${way} ${outcome}`), [
    "lan ok",
    "direct ok",
    "relay ok",
  ]);
  assert.ok(ways.every(({ took = 0 }) => took > 0 && took < 1_000));
  assert.ok(findings.ways.every(({ rtt = 0, loss }) => rtt > 0 && loss === 0));
  assert.deepEqual(
    findings.servers.map(({ role, answers }) => `${role} ${answers > 0}`),
    ["main true", "p2p true", "relay true", "agent true"],
  );
  const at = steps.map((step) => step.at);
  assert.deepEqual(at, at.toSorted((a, b) => a - b));
});

test("examine() sends a password that is refused once, whoever refuses it", async () => {
  const { events } = await examineDahuaWorld({ camera: { auth: "required" }, login: WRONG });
  const channels = events.filter((event) =>
    event.type === "request" && "path" in event && event.path.endsWith("/p2p-channel")
  );
  // The first one has no proof of anything.
  assert.equal(channels.length, 2);
  const refused = await examineDahuaWorld({
    rtspUser: { user: "admin", password: "right" },
    login: WRONG,
  });
  assert.equal(refused.events.filter(({ type }) => type === "dial").length, 1);
});

test("examine() tells what NAT it is behind from the endpoints others see", async () => {
  const natOf = async (options: Parameters<typeof examineDahuaWorld>[0]) =>
    (await examineDahuaWorld(options)).steps.find(({ name }) => name === "nat")?.detail ?? "";
  assert.match(await natOf({}), /no NAT in between/);
  const cone = { camera: { nat: "full-cone" }, nat: "cone" } as const;
  assert.match(await natOf(cone), /behind a NAT that changes ports/);
  assert.match(await natOf(BOTH_SYMMETRIC), /nobody has told/);
});

test("examine() asks further clouds for a serial number its own does not know", async () => {
  const here = { address: "127.0.0.1", port: 10_000 };
  const there = { address: "127.0.0.1", port: 9 };
  const elsewhere = await examineDahuaWorld({ server: "127.0.0.1:9", clouds: [here] });
  assert.equal(elsewhere.diagnosis.type, "server-silent");
  const unknown = await examineDahuaWorld({ id: "4K0123PAZ99999", clouds: [here, there] });
  assert.deepEqual(unknown.findings.otherClouds, [{ server: "127.0.0.1:9", knows: undefined }]);
  assert.equal(unknown.diagnosis.type, "unknown-camera");
});

test("examine() ends soon when it is called off, wherever it is, and leaves nothing open", async () => {
  for (const stopAfter of [1, 30, 100, 1_000, 5_500, 7_000, 9_000]) {
    const { took, openSockets, timers } = await examineDahuaWorld({
      camera: { nat: "cone" },
      nat: "cone",
      stopAfter,
    });
    assert.ok(took <= stopAfter + 3_000, `${stopAfter}: took ${took} ms`);
    assert.equal(openSockets, 0);
    assert.equal(timers, 0);
  }
});
