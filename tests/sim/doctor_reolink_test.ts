import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_CAMERA_FAULTS } from "../../lib/sim/reolink/camera_faults.ts";
import {
  NO_MIDDLEMAN_FAULTS,
  NO_REGISTER_FAULTS,
  NO_RELAY_FAULTS,
} from "../../lib/sim/reolink/server_faults.ts";
import {
  BATTERY,
  camera,
  ON_LAN,
  REOLINK_FAULTS,
  WRONG,
} from "../support/doctor_faults_reolink.ts";
import { assertNamed, assertReplays } from "../support/doctor_table.ts";
import { type Examined, examineReolinkWorld } from "../support/doctor_world.ts";

for (const row of REOLINK_FAULTS) {
  const [when, options, cause, exitCode] = row;
  test(`examine() says ${cause}, exit ${exitCode}, of a Reolink camera when ${when}`, async () => {
    const examined = await examineReolinkWorld({ ...options, bundle: true });
    assertNamed(examined, row);
    await assertReplays(examined);
  });
}

test("the doctor has a row for every fault of a simulated Reolink cloud and camera", () => {
  const rows = JSON.stringify(REOLINK_FAULTS);
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
