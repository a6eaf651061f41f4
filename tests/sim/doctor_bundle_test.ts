/** Bundles of the doctor, from runs whose every secret is known. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sealInfo } from "../../lib/dahua/signaling/device_info.ts";
import {
  type DoctorWorldOptions,
  examineDahuaWorld,
  examineReolinkWorld,
} from "../support/doctor_world.ts";
import { assertReplays } from "../support/doctor_table.ts";
import { assertNothingLeaks, type Secrets } from "../support/leaks.ts";

const SERIAL = "7C0A91EPAG77031";
const UID = "Q7KD41YWZX9PVBH3";
const USER = "gärtner-7";
const PASSWORD = "zw!eb€l & 4-kuchen";
const NAME = "Omas Hühnerstall";
const SALT = "c0ffee5a17c0ffee5a17c0ffee5a1733";
const MAC = "9c:8e:cd:4b:a1:77";
const PUBLIC = "203.0.113.77";
const OWN = "192.168.178.43";

const LOGIN = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}`;
const WRONG = `${encodeURIComponent(USER)}:${encodeURIComponent(`${PASSWORD}?`)}`;

const SECRETS: Secrets = {
  texts: [USER, PASSWORD, `${PASSWORD}?`, NAME, SALT, sealInfo(JSON.stringify({ randsalt: SALT }))],
  ids: [SERIAL, UID],
  addresses: [PUBLIC, OWN],
  macs: [MAC],
};

const ACCOUNT = { user: USER, password: PASSWORD };

/** Addresses that are somebody's own, as they are outside of tests. */
const ELSEWHERE = { publicAddress: PUBLIC, ownAddress: OWN, bundle: true } as const;

type Row = readonly [when: string, type: string, options: DoctorWorldOptions];

function dahua(when: string, type: string, camera: object, rest: DoctorWorldOptions = {}): Row {
  const salt = { value: SALT, told: "encrypted" };
  const whole = { serial: SERIAL, auth: "required", ...ACCOUNT, salt, ...camera };
  return [when, type, { camera: whole, id: SERIAL, login: LOGIN, ...ELSEWHERE, ...rest }];
}

function reolink(when: string, type: string, camera: object, rest: DoctorWorldOptions = {}): Row {
  const whole = { uid: UID, name: NAME, ...ACCOUNT, ...camera };
  return [when, type, { camera: whole, id: UID, login: LOGIN, ...ELSEWHERE, ...rest }];
}

const faults = (settings: object) => ({ faults: settings });
const RIGHT = { rtspUser: ACCOUNT };

const DAHUA: readonly Row[] = [
  dahua("nothing is wrong", "works", {}, RIGHT),
  dahua("the password is wrong", "password-refused", {}, { login: WRONG }),
  dahua("RTSP refuses the password", "password-refused", { auth: "none" }, {
    ...RIGHT,
    login: WRONG,
  }),
  dahua("a password is needed", "password-missing", {}, { login: encodeURIComponent(USER) }),
  dahua("the serial number is unknown", "unknown-camera", {}, { id: `${SERIAL.slice(0, -1)}2` }),
  dahua("the camera is silent", "camera-silent", faults({ silent: true })),
  dahua("the relay refuses", "relay-down", {}, { servers: { agent: { silent: true } } }),
  dahua("it falls silent in mid-stream", "lost", faults({ vanishAfter: "4s" })),
  dahua("the stream does not last", "stream-breaks", faults({ disconnectAfter: "1s" })),
  dahua("no cloud knows it", "unknown-camera", {}, {
    id: `${SERIAL.slice(0, -1)}2`,
    clouds: [{ address: PUBLIC, port: 10_000 }, { address: PUBLIC, port: 9 }],
  }),
  dahua("its cloud is silent, and another one is not", "server-silent", {}, {
    server: `${PUBLIC}:9`,
    clouds: [{ address: PUBLIC, port: 10_000 }],
  }),
  dahua("names cannot be resolved", "unresolved", {}, { unresolved: true }),
];

const REOLINK: readonly Row[] = [
  ...(["none", "bc", "aes", "full"] as const).map((encryption) =>
    reolink(`nothing is wrong, and its cipher is ${encryption}`, "works", { encryption })
  ),
  reolink("the password is wrong", "password-refused", {}, { login: WRONG }),
  reolink("no password is given", "password-missing", {}, { login: encodeURIComponent(USER) }),
  reolink("the UID is unknown", "unknown-camera", {}, { id: `${UID.slice(0, -1)}4` }),
  reolink("it is off", "unknown-camera", faults({ off: true })),
  reolink("the camera is silent", "camera-silent", faults({ silent: true })),
  reolink("the relay carries nothing", "works-without-relay", {}, {
    servers: { relay: { silent: true } },
  }),
  reolink("it falls silent in mid-stream", "lost", faults({ vanishAfter: "4s" })),
  reolink("it must not be called", "spared", {}, { mayWake: false }),
  reolink("names cannot be resolved", "unresolved", {}, { unresolved: true }),
];

for (
  const [vendor, rows, examine] of [
    ["Dahua", DAHUA, examineDahuaWorld],
    ["Reolink", REOLINK, examineReolinkWorld],
  ] as const
) {
  for (const [when, type, options] of rows) {
    test(`a bundle of a ${vendor} camera keeps every secret and replays when ${when}`, async () => {
      const examined = await examine(options);
      const shown = examined.steps.map(({ name, detail }) => `${name} ${detail}`).join("\n");
      assert.equal(examined.diagnosis.type, type, shown);
      assertNothingLeaks(examined.bundle, SECRETS);
      await assertReplays(examined);
    });
  }
}
