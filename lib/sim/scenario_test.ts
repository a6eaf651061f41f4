import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScenario, ScenarioError } from "./scenario.ts";

const SERIAL = "4K0123PAZ00001";
const UID = "95270000TESTCAM0";

/** A scenario with one camera of these settings. */
function camera(settings: Record<string, unknown>): unknown {
  return { dahua: { cameras: [{ serial: SERIAL, ...settings }] } };
}

test("parseScenario() makes a whole scenario of an empty file", () => {
  for (const empty of [undefined, null, {}]) {
    const { seed, dahua } = parseScenario(empty);
    assert.equal(seed, 1);
    assert.equal(dahua.cameras.length, 1);
    assert.equal(dahua.cameras[0]?.nat, "none");
    assert.equal(dahua.servers.relay.silent, false);
    const { salt } = dahua.cameras[0] ?? {};
    assert.deepEqual(salt, { value: "5daf91fc5cfc1be8e081cfb08f792726", told: "encrypted" });
  }
});

test("parseScenario() reads durations, ports and faults", () => {
  const { dahua } = parseScenario({
    dahua: {
      servers: { relay: { silent: true }, main: { delay: "1.5s" } },
      cameras: [{
        serial: SERIAL,
        nat: "cone",
        video: "h265",
        link: { delay: "40ms", loss: 0.01 },
        ports: { "554": "127.0.0.1:8554" },
        faults: { vanishAfter: "2m" },
        quirks: { mss: 1164, segmentation: "stream" },
      }],
    },
  });
  const [first] = dahua.cameras;
  assert.equal(dahua.servers.relay.silent, true);
  assert.equal(dahua.servers.main.delay, 1500);
  assert.equal(first?.video, "h265");
  assert.equal(first?.link.delay, 40);
  assert.equal(first?.link.loss, 0.01);
  assert.deepEqual(first?.ports, { "554": { address: "127.0.0.1", port: 8554 } });
  assert.equal(first?.faults.vanishAfter, 120_000);
  assert.deepEqual(first?.quirks, { mss: 1164, segmentation: "stream" });
});

test("parseScenario() reads what relays, agents and devices do wrong", () => {
  const { dahua } = parseScenario({
    dahua: {
      servers: {
        relay: { delayPerHeld: "2s" },
        moreRelays: [{ silent: true }, {}],
        agent: { resetAfter: "1m", heartbeatLoss: 0.1, initialSeq: 4294967295 },
      },
      cameras: [{
        serial: SERIAL,
        faults: {
          silent: true,
          silentPunch: "3s",
          disconnectAfter: 0,
          disconnectJitter: "10s",
          realmLimit: 4,
          pastRealmLimit: "stall",
          heartbeatLoss: 1,
        },
        quirks: { heartbeatEvery: 0, initialSeq: 1 },
      }],
    },
  });
  const { relay, moreRelays, agent } = dahua.servers;
  assert.equal(relay.delayPerHeld, 2_000);
  assert.deepEqual(moreRelays.map(({ silent }) => silent), [true, false]);
  assert.deepEqual([agent.resetAfter, agent.forgetAfter], [60_000, undefined]);
  const [first] = dahua.cameras;
  assert.equal(first?.faults.silentPunch, 3_000);
  assert.deepEqual([first?.faults.realmLimit, first?.faults.pastRealmLimit], [4, "stall"]);
  assert.deepEqual(first?.quirks, { heartbeatEvery: 0, initialSeq: 1 });
  const [usual] = parseScenario({}).dahua.cameras;
  assert.equal(usual?.faults.silentPunch, false);
  assert.equal(usual?.faults.realmLimit, Infinity);
});

/** A scenario with one Reolink camera of these settings. */
function reolinkCamera(settings: Record<string, unknown>): unknown {
  return { reolink: { cameras: [{ uid: UID, ...settings }] } };
}

test("parseScenario() has two Reolink cameras where none are given, one of them on battery", () => {
  const { servers, cameras } = parseScenario({}).reolink;
  assert.deepEqual(servers.middlemen.map(({ silent, stranger }) => silent || stranger), [
    ...[false, false, false],
  ]);
  assert.deepEqual(cameras.map(({ power, streams }) => [power, streams.main, streams.sub]), [
    ["mains", "h265", "h264"],
    ["battery", "h264", "h264"],
  ]);
  for (const { uid, user, password } of cameras) {
    assert.equal(uid.length, 16);
    assert.deepEqual([user, password], ["admin", "sightline"]);
  }
  assert.deepEqual(parseScenario({ reolink: { cameras: [] } }).reolink.cameras, []);
});

test("parseScenario() reads what Reolink servers and cameras are and do wrong", () => {
  const { reolink } = parseScenario({
    reolink: {
      servers: {
        middlemen: [{ address: "127.0.0.2", port: 9999 }, { silent: true, delay: "1s" }],
        register: { refuseFirst: 3, refuseWith: -3, order: "reversed" },
        relay: { forgetAfter: "1m" },
      },
      cameras: [{
        uid: UID,
        power: "battery",
        battery: { percent: 5, wakeTime: "1s", sleepAfter: 0, adapter: "solarPanel" },
        streams: { extern: "h264" },
        audio: "adpcm",
        encryption: "aes3",
        motionEvery: "10m",
        lan: { port: 9000, discovery: [2015, 2018], probe: 2000 },
        faults: { dropOffAfter: "20s", lateConfirmations: 4, refuseLoginWith: 406 },
        quirks: { nonceLength: 16, keyExtra: 16, unanswered: [209, 213, 288], maxPiece: 7 },
      }],
    },
  });
  const { middlemen, register, relay } = reolink.servers;
  assert.deepEqual(middlemen.map(({ address, port }) => [address, port]), [
    ["127.0.0.2", 9999],
    ["127.0.0.1", 0],
  ]);
  assert.equal(middlemen[1]?.delay, 1_000);
  assert.deepEqual([register.refuseFirst, register.refuseWith, register.order], [
    3,
    -3,
    "reversed",
  ]);
  assert.equal(relay.forgetAfter, 60_000);
  const [camera] = reolink.cameras;
  assert.deepEqual(camera?.battery, {
    ...{ percent: 5, drainAwake: 7.7, drainAsleep: 0.02, charge: "none", adapter: "solarPanel" },
    ...{ wakeTime: 1_000, sleepAfter: 0 },
  });
  assert.equal(camera.motionEvery, 600_000);
  assert.deepEqual(camera.lan.discovery, [2015, 2018]);
  assert.equal(camera.faults.dropOffAfter, 20_000);
  assert.deepEqual([camera.quirks.nonceLength, camera.quirks.maxPiece], [16, 7]);
});

const MISTAKES: readonly {
  readonly name: string;
  readonly value: unknown;
  readonly says: RegExp;
}[] = [
  { name: "a number", value: 3, says: /as it must be a value of type object: is 3$/ },
  { name: "an unknown key", value: { cameras: [] }, says: /it has no setting named "cameras"/ },
  {
    name: "an unknown key deep down",
    value: camera({ link: { lost: 1 } }),
    says: /dahua\.cameras\[0\]\.link has no setting named "lost"/,
  },
  { name: "no camera", value: { dahua: { cameras: [] } }, says: /cameras must have at least 1/ },
  {
    name: "no serial",
    value: { dahua: { cameras: [{}] } },
    says: /cameras\[0\]\.serial must be a value of type string: is missing/,
  },
  {
    name: "a serial twice",
    value: { dahua: { cameras: [{ serial: SERIAL }, { serial: SERIAL }] } },
    says: /cameras\[1\]\.serial must be the only one: is "4K0123PAZ00001"/,
  },
  {
    name: "an impossible NAT",
    value: camera({ nat: "cones" }),
    says: /nat must be one of none, full-cone, cone, symmetric: is "cones"/,
  },
  {
    name: "a duration without unit",
    value: camera({ link: { delay: "40" } }),
    says: /link\.delay must be a number and a unit: .*: is "40"/,
  },
  {
    name: "a probability above 1",
    value: camera({ link: { loss: 3 } }),
    says: /link\.loss must be at most 1: is 3/,
  },
  {
    name: "a punch that is half silent",
    value: camera({ faults: { silentPunch: "a bit" } }),
    says: /faults\.silentPunch must be true, false or a number and a unit: .*: is "a bit"/,
  },
  {
    name: "an impossible way to lose its head",
    value: camera({ faults: { pastRealmLimit: "explode" } }),
    says: /pastRealmLimit must be one of refuse, ignore, stall: is "explode"/,
  },
  {
    name: "an impossible port",
    value: camera({ ports: { "70000": "127.0.0.1:1" } }),
    says: /ports\.70000 must have ports from 1 to 65535 as keys/,
  },
  {
    name: "a target off this machine",
    value: camera({ ports: { "80": "192.0.2.1:80" } }),
    says: /ports\.80 must be an address on this machine .*: is "192\.0\.2\.1:80"/,
  },
  {
    name: "a UID with a dash",
    value: { reolink: { cameras: [{ uid: "9527-0000-TEST" }] } },
    says: /reolink\.cameras\[0\]\.uid must have 8 to 24 letters and digits: is "9527-0000-TEST"/,
  },
  {
    name: "a UID twice",
    value: { reolink: { cameras: [{ uid: UID }, { uid: UID }] } },
    says: /reolink\.cameras\[1\]\.uid must be the only one/,
  },
  {
    name: "no middleman",
    value: { reolink: { servers: { middlemen: [] } } },
    says: /reolink\.servers\.middlemen must have at least 1/,
  },
  {
    name: "a camera off this machine",
    value: reolinkCamera({ lan: { address: "192.0.2.1" } }),
    says: /lan\.address must be an address of this machine such as 127\.0\.0\.1: is "192\.0\.2\.1"/,
  },
  {
    name: "an impossible codec",
    value: reolinkCamera({ streams: { main: "av1" } }),
    says: /streams\.main must be one of h264, h265, none: is "av1"/,
  },
  {
    name: "an impossible size of header",
    value: reolinkCamera({ quirks: { keyExtra: 4 } }),
    says: /quirks\.keyExtra must be one of 0, 8, 16: is 4/,
  },
  {
    name: "an impossible charge",
    value: reolinkCamera({ battery: { percent: 101 } }),
    says: /battery\.percent must be at most 100: is 101/,
  },
  {
    name: "an unknown fault",
    value: reolinkCamera({ faults: { explode: true } }),
    says: /reolink\.cameras\[0\]\.faults has no setting named "explode"/,
  },
];

for (const { name, value, says } of MISTAKES) {
  test(`parseScenario() names the place, the rule and the value of ${name}`, () => {
    assert.throws(() => parseScenario(value), (error) => {
      assert.ok(error instanceof ScenarioError);
      assert.match(error.message, says);
      return true;
    });
  });
}

test("parseScenario() names every mistake at once", () => {
  const value = camera({ auth: "maybe", nat: "maybe" });
  assert.throws(() => parseScenario(value), /\.auth must .*; .*\.nat must /);
});

test("parseScenario() never repeats a password", () => {
  assert.throws(() => parseScenario(camera({ password: 123456 })), /password must .*: is \*\*\*$/);
});
