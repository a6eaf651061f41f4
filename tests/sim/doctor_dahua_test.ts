import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_DEVICE_FAULTS } from "../../lib/sim/dahua/device_faults.ts";
import {
  NO_AGENT_FAULTS,
  NO_RELAY_FAULTS,
  NO_SERVER_FAULTS,
} from "../../lib/sim/dahua/server_faults.ts";
import { BOTH_SYMMETRIC, DAHUA_FAULTS, LOGIN, WRONG } from "../support/doctor_faults_dahua.ts";
import { assertNamed, assertReplays } from "../support/doctor_table.ts";
import { examineDahuaWorld } from "../support/doctor_world.ts";

for (const row of DAHUA_FAULTS) {
  const [when, options, cause, exitCode] = row;
  test(`examine() says ${cause}, exit ${exitCode}, of a Dahua device when ${when}`, async () => {
    const examined = await examineDahuaWorld({ ...options, bundle: true });
    assertNamed(examined, row);
    await assertReplays(examined);
  });
}

test("the doctor has a row for every fault of a simulated Dahua cloud and device", () => {
  const rows = JSON.stringify(DAHUA_FAULTS);
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
