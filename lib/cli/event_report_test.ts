import assert from "node:assert/strict";
import { test } from "node:test";
import { camera, HubWorld } from "../../tests/support/hub_world.ts";
import { Log } from "../log/log.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { reportEvents } from "./event_report.ts";

const MINUTE = 60_000;

const SILENT: TunnelEnd = {
  reason: "timeout",
  stage: "main-probe",
  detail: "the server did not answer",
  advice: "Check the network.",
};
const REFUSED: TunnelEnd = {
  reason: "auth",
  stage: "authenticate",
  detail: "the password was refused",
  advice: "Check it.",
};

/** A hub, and the lines of its log from level info on. */
async function reported() {
  const world = await HubWorld.with(camera("front", { mode: "on-demand" }));
  const lines: string[] = [];
  const log = new Log((level, message, { repeats }) => {
    if (level === "debug") return;
    lines.push(repeats === undefined ? `${level} ${message}` : `${level} ${message} ${repeats}`);
  });
  reportEvents(world.hub.events, log);
  const clear = () => lines.splice(0);
  return { world, clear };
}

test("reportEvents() tells of a camera's way to a picture and back, a line each", async () => {
  const { world, clear } = await reported();
  const viewer = await world.watch("/front");
  assert.deepEqual(clear(), ["info locating", "info connecting", "info starting", "info open"]);
  viewer.leave();
  await world.pass(MINUTE);
  assert.deepEqual(clear(), ["info idle"]);
});

test("reportEvents() tells of a camera that is away for long every ten minutes, and of its return", async () => {
  const { world, clear } = await reported();
  const model = world.model("front");
  const viewer = await world.watch("/front");
  clear();
  model.connectFates = Array.from({ length: 20 }, () => ({ ...SILENT }));
  model.camera.lose({ ...SILENT, stage: "open" });
  await world.pass(9 * MINUTE);
  assert.deepEqual(clear(), ["warn camera failed", "warn camera failed"], "lost, then not found");
  await world.pass(5 * MINUTE);
  const [again, ...rest] = clear();
  assert.match(again ?? "", /^warn camera failed 1\d$/, "and how often");
  assert.deepEqual(rest, []);
  await world.pass(10 * MINUTE);
  assert.deepEqual(clear().slice(-1), ["info open"]);
  viewer.leave();
});

test("reportEvents() tells at once of a failure of another kind", async () => {
  const { world, clear } = await reported();
  const model = world.model("front");
  await world.watch("/front");
  clear();
  model.connectFates = [SILENT, { ...SILENT }, REFUSED];
  model.camera.lose({ ...SILENT, stage: "open" });
  await world.pass(MINUTE);
  assert.equal(clear().filter((line) => line === "warn camera failed").length, 3);
});
