import assert from "node:assert/strict";
import { test } from "node:test";
import { withApiServer } from "../../../tests/support/api_server.ts";
import { runCommand } from "../../../tests/support/command.ts";
import { openStatus } from "../../../tests/support/fake_hub.ts";
import type { ControlResult } from "../../hub/hub.ts";
import { controlCommand } from "./control.ts";

const ORDERS: readonly (readonly [string, unknown])[] = [
  ["light on", { type: "light", on: true, for: 180_000 }],
  ["light on --for 10m", { type: "light", on: true, for: 600_000 }],
  ["siren", { type: "siren", on: true }],
  ["siren off", { type: "siren", on: false }],
  ["led off", { type: "led", on: false }],
  ["pir on", { type: "pir", on: true }],
  [
    "ptz left --for 2s --speed 40",
    { type: "ptz", direction: "left", for: 2_000, speed: 40 },
  ],
  ["ptz right-up", { type: "ptz", direction: "right-up", for: 1_000, speed: 32 }],
  ["preset 3", { type: "preset", id: 3 }],
  ["zoom 10", { type: "zoom", position: 10 }],
  ["reboot", { type: "reboot" }],
];

test("sightline control gives orders, quietly", async () => {
  await withApiServer(async (url, { hub }) => {
    for (const [words, order] of ORDERS) {
      const args = ["front", ...words.split(" "), "--url", url];
      const { code, out, complaint } = await runCommand(controlCommand, args);
      assert.deepEqual([code, out, complaint], [0, [], ""], words);
      assert.deepEqual(hub.orders.at(-1)?.order, order);
    }
    assert.deepEqual(hub.orders[0]?.cause, { by: "cli", who: "127.0.0.1" });
  });
});

const MISTAKES: readonly (readonly [string, RegExp])[] = [
  ["", /needs the NAME/],
  ["front lights on", /there is no order "lights"; did you mean light\?/],
  ["front explode", /there is no order "explode"; there are light, siren, /],
  ["front light", /it must be on or off/],
  ["front light maybe", /must be on or off: is "maybe"/],
  ["front light on now", /takes one order; "now" is too much/],
  ["front light on --speed 3", /light takes no --speed/],
  ["front reboot now", /reboot takes no more words/],
  ["front ptz", /direction is missing/],
  ["front ptz lef", /direction must be one of .*; did you mean left\?/],
  ["front ptz left --for 11s", /for must be at least 1ms, and at most 10s: is "11s"/],
  ["front ptz left --for 2", /for must be a number and a unit/],
  ["front ptz left --speed fast", /speed must be a whole number from 1 to 64: is "fast"/],
  ["front preset gate", /id must be a whole number/],
  ["front --for 2s", /--for needs an order/],
];

for (const [words, pattern] of MISTAKES) {
  test(`sightline control complains of "${words}" without asking a daemon`, async () => {
    const args = [...words.split(" ").filter((word) => word !== ""), "--url", "http://127.0.0.1:1"];
    const { code, complaint } = await runCommand(controlCommand, args);
    assert.equal(code, 2);
    assert.match(complaint, pattern);
  });
}

const error = {
  reason: "peer",
  stage: "control",
  detail: "it says no",
  advice: "Ask.",
  at: 0,
} as const;

const FAILURES: readonly (readonly [string, number, ControlResult])[] = [
  ["is not open", 6, { type: "refused", why: "closed", detail: "it rests", advice: "Start it." }],
  ["has no such control", 6, { type: "refused", why: "control", detail: "none", advice: "" }],
  ["refuses", 5, { type: "failed", error }],
  ["wants another password", 4, { type: "failed", error: { ...error, reason: "auth" } }],
  ["is not there", 3, { type: "unknown" }],
];

for (const [what, expected, result] of FAILURES) {
  test(`sightline control exits with ${expected} for a camera that ${what}`, async () => {
    await withApiServer(async (url, { hub }) => {
      hub.onControl = () => result;
      const run = await runCommand(controlCommand, ["front", "siren", "--url", url]);
      assert.equal(run.code, expected);
      assert.match(run.complaint, /^front/);
      assert.deepEqual(run.out, []);
    });
  });
}

test("sightline control without an order lists what the camera can be told", async () => {
  await withApiServer(async (url, { hub }) => {
    const list = async () => (await runCommand(controlCommand, ["front", "--url", url])).out;
    assert.match((await list()).join(), /not said yet/);
    hub.cameras.set("front", openStatus("front"));
    assert.deepEqual(await list(), [
      "light on|off",
      "siren on|off",
      "led on|off",
      "pir on|off",
      "ptz left|right|up|down",
      "preset 3  gate",
      "preset 4",
      "zoom 1000 to 5000",
      "reboot",
    ]);
    hub.cameras.set("front", { ...openStatus("front"), controls: [] });
    assert.match((await list()).join(), /nothing/);
    hub.cameras.set("front", {
      ...openStatus("front"),
      controls: [{ type: "preset", presets: [{ id: 1, name: "a\u009b31mb" }] }],
    });
    assert.deepEqual(await list(), ["preset 1  a 31mb"]);
    assert.deepEqual(hub.orders, []);
  });
});

test("sightline control --json prints the camera", async () => {
  await withApiServer(async (url) => {
    const { out } = await runCommand(controlCommand, ["front", "siren", "--json", "--url", url]);
    assert.equal(JSON.parse(out[0] ?? "").name, "front");
  });
});
