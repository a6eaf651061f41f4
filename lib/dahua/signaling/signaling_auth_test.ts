import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Secret } from "../../config/secret.ts";
import { parseBody } from "./body.ts";
import { deviceKey } from "./device_auth.ts";
import { DEFAULT_RAND_SALT } from "./device_info.ts";
import {
  type Answer,
  GARBAGE,
  GOOD_SCRIPT,
  type Reply,
  type Script,
  ScriptedCloud,
  SILENT,
  WALL_CLOCK,
} from "./scripted_cloud.ts";
import {
  CHANNEL,
  DEVICE_NONCE,
  GuardedDevice,
  INFO,
  INFO_FORMS,
  PASSWORD,
  RELAY_CHANNEL,
  SALT,
  USER,
} from "./scripted_device.ts";
import type { SignalingOptions } from "./signaling.ts";

const CREDENTIALS = { user: USER, password: new Secret(PASSWORD) };
const WRONG = { user: USER, password: new Secret("wrong") };

function cloudOf(
  device: GuardedDevice,
  script: Script = {},
  options: Partial<SignalingOptions> = {},
): ScriptedCloud {
  return new ScriptedCloud({ ...device.script, ...script }, {
    credentials: CREDENTIALS,
    ...options,
  });
}

/** Names and values in the bodies of the requests to a path. */
function bodiesOf(cloud: ScriptedCloud, path: string): ReadonlyMap<string, string>[] {
  return cloud.asked.filter(({ request }) => request.path === path)
    .map(({ request }) => parseBody(request.body));
}

// A device that wants it

test("Signaling authenticates at once when the device wants that, in either dialect", () => {
  for (const dialect of ["dh", "nf"] as const) {
    const device = new GuardedDevice();
    const cloud = cloudOf(device, {}, { dialect }).run(5000);
    assert.deepEqual(cloud.times(CHANNEL), [60, 360]);
    assert.equal(cloud.timeOf("channel"), 660);
    assert.equal(cloud.timeOf("ready"), 910);
    assert.equal(device.attempts.length, 1);
    assert.equal(cloud.eventsOf("failed").length, 0);
    assert.ok(cloud.asked.every(({ request }) => request.dialect === dialect));
  }
});

test("Signaling proves its account in the order of elements that works", () => {
  const device = new GuardedDevice();
  const localCandidates = ["192.168.1.5", "10.1.1.1"].map((address) => ({ address, port: 40000 }));
  const cloud = cloudOf(device, {}, { localCandidates }).run(5000);
  const [plain, proven] = bodiesOf(cloud, CHANNEL);
  assert.deepEqual([...plain?.keys() ?? []], ["Identify", "IpEncrpt", "LocalAddr", "version"]);
  assert.deepEqual([...proven?.keys() ?? []], [
    "CreateDate",
    "DevAuth",
    "Nonce",
    "RandSalt",
    "UserName",
    "Identify",
    "IpEncrptV2",
    "LocalAddr",
    "version",
  ]);
  assert.equal(proven?.get("CreateDate"), String(WALL_CLOCK / 1000));
  assert.equal(proven?.get("IpEncrptV2"), "true");
  assert.equal(proven?.get("UserName"), USER);
  assert.equal(device.clientAddresses, "192.168.1.5:40000,10.1.1.1:40000");
  assert.deepEqual(cloud.asked.map(({ request }) => request.cseq), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("Signaling proves itself to the relay channel under the device's nonce", () => {
  const cloud = cloudOf(new GuardedDevice()).run(5000);
  const [body] = bodiesOf(cloud, RELAY_CHANNEL);
  assert.deepEqual([...body?.keys() ?? []], [
    "CreateDate",
    "DevAuth",
    "Nonce",
    "RandSalt",
    "UserName",
    "agentAddr",
  ]);
  assert.equal(body?.get("Nonce"), DEVICE_NONCE);
});

test("Signaling tells the device's addresses deciphered, and both stages as answered", () => {
  const cloud = cloudOf(new GuardedDevice()).run(5000);
  const [channel] = cloud.eventsOf("channel");
  assert.deepEqual(channel?.candidates, [
    { kind: "host", endpoint: { address: "192.168.1.110", port: 45660 } },
    { kind: "host", endpoint: { address: "10.0.0.7", port: 45660 } },
    { kind: "srflx", endpoint: { address: "198.51.100.7", port: 15634 } },
  ]);
  const ended = cloud.eventsOf("stage")
    .filter(({ stage, status }) => /^channel|auth/.test(stage) && status !== "started");
  assert.deepEqual(ended.map(({ stage, status }) => [stage, status]), [
    ["channel", "answered"],
    ["authenticate", "answered"],
  ]);
});

test("Signaling sends no proof to a device that wants none", () => {
  const cloud = new ScriptedCloud({}, { credentials: CREDENTIALS }).run(5000);
  const plain = new ScriptedCloud({}).run(5000);
  assert.deepEqual(cloud.events, plain.events);
  assert.deepEqual(cloud.asked, plain.asked);
});

test("Signaling dates its proof by the server's clock", () => {
  const skew = 86_400_000;
  const date = new Date(WALL_CLOCK + skew + 20).toUTCString();
  const cloud = cloudOf(new GuardedDevice(), {
    "/probe/p2psrv": (_asked, nth) => nth === 0 ? [{ code: 401, headers: [["Date", date]] }] : [{}],
  }).run(5000);
  const dates = [CHANNEL, RELAY_CHANNEL].map((path) =>
    Number(bodiesOf(cloud, path).at(-1)?.get("CreateDate"))
  );
  for (const seconds of dates) assert.equal(seconds, Math.floor((WALL_CLOCK + skew) / 1000));
  assert.equal(cloud.eventsOf("ready").length, 1);
});

// The salt

test("Signaling finds the salt in each of its forms", () => {
  const rows = [
    [INFO_FORMS.sealed, SALT],
    [INFO_FORMS.clear, SALT],
    [INFO_FORMS.absent, DEFAULT_RAND_SALT],
    [() => [{ code: 404 }], DEFAULT_RAND_SALT],
    [SILENT, DEFAULT_RAND_SALT],
    [() => [GARBAGE], DEFAULT_RAND_SALT],
  ] as const;
  for (const [info, salt] of rows) {
    const cloud = cloudOf(new GuardedDevice(salt), { [INFO]: info }).run(20_000);
    assert.equal(cloud.eventsOf("ready").length, 1);
    assert.equal(bodiesOf(cloud, CHANNEL).at(-1)?.get("RandSalt"), salt);
  }
});

test("Signaling waits for the salt before it authenticates, but not for ever", () => {
  const slow = [{ ...INFO_FORMS.sealed()[0], after: 2000 }];
  assert.deepEqual(
    cloudOf(new GuardedDevice(), { [INFO]: () => slow }).run(20_000).times(CHANNEL),
    [
      60,
      2040,
    ],
  );
  const none = cloudOf(new GuardedDevice(DEFAULT_RAND_SALT), { [INFO]: SILENT });
  assert.deepEqual(none.run(20_000).times(CHANNEL), [60, 5040]);
});

test("Signaling tells a salt that could not be learned from a wrong password", () => {
  const rows: readonly (readonly [Answer, RegExp])[] = [
    [SILENT, /its own .* not known as the P2P server is silent$/],
    [() => [{ code: 404 }], /not known as the P2P server answered 404$/],
    [INFO_FORMS.absent, /not known as the P2P server does not name it$/],
    [() => [{ fields: [["Info", "c2VjcmV0"]] }], /not known as what the P2P server says .* read$/],
    [() => [GARBAGE], /not known as what the P2P server says about the camera cannot be read$/],
  ];
  for (const [info, words] of rows) {
    const device = new GuardedDevice();
    const cloud = cloudOf(device, { [INFO]: info }).run(60_000);
    const { scope, stage, reason, detail, advice } = cloud.failure;
    assert.deepEqual([scope, stage, reason], ["all", "device-info", "auth"]);
    assert.match(detail, words);
    assert.match(advice, /password may well be right/);
    assert.equal(device.attempts.length, 1);
    assert.deepEqual(cloud.closeReasons, ["auth"]);
  }
});

test("Signaling says that the cloud's salt is not the device's", () => {
  const cloud = cloudOf(new GuardedDevice("f".repeat(32))).run(60_000);
  const { stage, reason, detail } = cloud.failure;
  assert.deepEqual([stage, reason], ["authenticate", "auth"]);
  assert.match(detail, /refused the salt that the cloud names/);
});

// Refusals

test("Signaling makes one attempt with a wrong password, however the answer comes", () => {
  for (const answerAfter of [1, 300, 7900]) {
    const device = new GuardedDevice(SALT, PASSWORD, answerAfter);
    const cloud = cloudOf(device, {}, { credentials: WRONG }).run(300_000);
    assert.equal(device.attempts.length, 1, `answer after ${answerAfter} ms`);
    const { scope, stage, reason, detail, advice } = cloud.failure;
    assert.deepEqual([scope, stage, reason], ["all", "authenticate", "auth"]);
    assert.equal(
      detail,
      "the camera refused user name or password (403 Forbidden, ErrCode 4 DevPwd_Error)",
    );
    assert.match(advice, /user name and password/);
    assert.deepEqual(cloud.closeReasons, ["auth"]);
    assert.equal(cloud.times("/relay/unbind/").length, 1);
  }
});

test("Signaling says that it may be the salt when a password is refused without one", () => {
  const device = new GuardedDevice(DEFAULT_RAND_SALT);
  const cloud = cloudOf(device, { [INFO]: SILENT }, { credentials: WRONG }).run(60_000);
  const { stage, detail } = cloud.failure;
  assert.equal(stage, "authenticate");
  assert.match(detail, /refused user name or password .* as the P2P server is silent$/);
});

test("Signaling repeats a proof seldom, and as the same request", () => {
  const guarded = new GuardedDevice();
  const refused: readonly Reply[] = [{ code: 403 }];
  const unanswered = (after: readonly Reply[]) =>
    cloudOf(guarded, { [CHANNEL]: (_asked, nth) => nth === 0 ? refused : after }).run(60_000);
  const lost = unanswered([]);
  assert.deepEqual(lost.times(CHANNEL), [60, 80, 2080, 6080]);
  const accepted = unanswered([{ code: 100 }]);
  assert.deepEqual(accepted.times(CHANNEL), [60, 80, 8100]);
  for (const cloud of [lost, accepted]) {
    const [first, ...more] = cloud.asked.filter(({ request }) => request.path === CHANNEL).slice(1);
    for (const { request } of more) assert.deepEqual(request, first?.request);
    assert.deepEqual([cloud.failure.stage, cloud.failure.reason], ["authenticate", "timeout"]);
  }
});

test("Signaling takes a 401 behind a 100 for the device's, and does not ask again", () => {
  const headers = [["Date", "Wed, 12 Feb 2025 16:12:54 GMT"]] as const;
  const cloud = cloudOf(new GuardedDevice(), {
    [CHANNEL]: (_asked, nth) =>
      nth === 0 ? [{ code: 403 }] : [{ code: 100 }, { after: 90, code: 401, headers }],
  }).run(60_000);
  assert.equal(cloud.times(CHANNEL).length, 2);
  assert.deepEqual(cloud.closeReasons, ["auth"]);
});

test("Signaling tells an offline device from one that refuses", () => {
  const cloud = cloudOf(new GuardedDevice(), {
    [CHANNEL]: (_asked, nth) => [{ code: nth === 0 ? 403 : 404 }],
  }).run(60_000);
  assert.deepEqual([cloud.failure.stage, cloud.failure.reason], ["authenticate", "unreachable"]);
});

test("Signaling does not blame the password for a relay channel that is refused", () => {
  const cloud = cloudOf(new GuardedDevice(), { [RELAY_CHANNEL]: () => [{ code: 403 }] });
  const { scope, stage, reason, detail } = cloud.run(60_000).failure;
  assert.deepEqual([scope, stage, reason], ["relay", "relay-channel", "peer"]);
  assert.match(detail, /refused \(403/);
  assert.equal(cloud.times(RELAY_CHANNEL).length, 1);
});

test("Signaling ends while it waits for the salt without sending a proof", () => {
  const device = new GuardedDevice();
  const cloud = cloudOf(device, { [INFO]: SILENT }).run(1000).unbind().run(60_000);
  assert.equal(device.attempts.length, 0);
  assert.deepEqual(cloud.closeReasons, ["local"]);
});

// Secrets

test("Signaling shows password and keys nowhere", () => {
  const key = deviceKey(CREDENTIALS, SALT);
  const wrongKey = deviceKey(WRONG, SALT);
  for (const credentials of [CREDENTIALS, WRONG]) {
    const cloud = cloudOf(new GuardedDevice(), {}, { credentials }).run(60_000);
    const shown = [
      JSON.stringify(cloud.events),
      JSON.stringify(cloud.asked),
      inspect(cloud.events, { depth: 9 }),
      inspect(cloud.signaling, { depth: 9, showHidden: true }),
      JSON.stringify(cloud.signaling),
      inspect({ credentials }, { depth: 9, showHidden: true }),
    ].join();
    for (const secret of [PASSWORD, "wrong", key, wrongKey]) assert.ok(!shown.includes(secret));
  }
});

// Hostile input

test("Signaling takes what it can of an answer that cannot be deciphered", () => {
  const answers: readonly (readonly (readonly [string, string])[])[] = [
    [["LocalAddr", "§§"], ["Nonce", DEVICE_NONCE]],
    [["LocalAddr", "c2VjcmV0"], ["Nonce", DEVICE_NONCE]],
    [["LocalAddr", "c2VjcmV0"]],
    [["LocalAddr", "A".repeat(9000)], ["Nonce", "x".repeat(900)]],
    [["LocalAddr", "c2VjcmV0,".repeat(500)], ["Nonce", ""]],
  ];
  for (const fields of answers) {
    const cloud = cloudOf(new GuardedDevice(), {
      [CHANNEL]: (_asked, nth) =>
        nth === 0 ? [{ code: 403 }] : [{
          fields: [...fields, ["PubAddr", "198.51.100.7:15634"]],
        }],
      [RELAY_CHANNEL]: GOOD_SCRIPT[RELAY_CHANNEL] ?? SILENT,
    }).run(20_000);
    const [channel] = cloud.eventsOf("channel");
    assert.deepEqual(channel?.candidates.map(({ kind }) => kind), ["srflx"]);
    assert.equal(cloud.eventsOf("ready").length, 1);
  }
});

test("Signaling takes an address in clear and a list of ciphers from a device", () => {
  const cloud = cloudOf(new GuardedDevice(), {
    [CHANNEL]: (_asked, nth) =>
      nth === 0 ? [{ code: 403 }] : [{
        fields: [["LocalAddr", "10.0.0.1:5,c2VjcmV0,10.0.0.2:5"], ["Nonce", DEVICE_NONCE]],
      }],
  }).run(20_000);
  const [channel] = cloud.eventsOf("channel");
  assert.deepEqual(channel?.candidates.map(({ endpoint }) => endpoint.address), [
    "10.0.0.1",
    "10.0.0.2",
  ]);
});

test("Signaling with credentials throws on no datagram, however mutated", () => {
  let state = 7;
  const random = (below: number) => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0;
    return (state >>> 8) % below;
  };
  const mutate = (bytes: Uint8Array) => {
    const copy = bytes.slice();
    copy[random(copy.byteLength)] = random(256);
    return copy;
  };
  for (let round = 0; round < 10; round++) {
    const device = new GuardedDevice();
    const cloud = new ScriptedCloud(
      device.script,
      { credentials: CREDENTIALS },
      (bytes) => random(3) === 0 ? mutate(bytes) : bytes,
    );
    cloud.run(60_000).unbind().run(120_000);
    assert.equal(cloud.closeReasons.length, 1);
    assert.ok(device.attempts.length <= 3);
  }
});
