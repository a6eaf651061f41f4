import assert from "node:assert/strict";
import { test } from "node:test";
import { idleStatus, openStatus } from "../../tests/support/fake_hub.ts";
import type { CameraError, CameraState, CameraStatus } from "../hub/camera_status.ts";
import { cameraView } from "./camera_view.ts";

const ERROR: CameraError = {
  reason: "timeout",
  stage: "main-probe",
  detail: "the rendezvous server 192.0.2.1:8800 did not answer 4K0123PAZ00001",
  advice: "Check that this network lets UDP out.",
  at: 1_700_000_000_000,
};

test("cameraView() has what automations ask for", () => {
  assert.deepEqual(cameraView(openStatus("front"), false), {
    state: "open",
    since: "2023-11-14T22:13:20.000Z",
    on: true,
    way: "relay",
    viewers: 2,
    problem: false,
    error: null,
    retryAt: null,
    until: "2023-11-14T22:23:20.000Z",
    battery: { percent: 80, charging: false, at: "2023-11-14T22:13:20.000Z" },
  });
});

test("cameraView() tells stage and advice of an error, and nothing others said", () => {
  const view = cameraView(idleStatus("front", { state: "failed", lastError: ERROR }), false);
  assert.deepEqual(view.error, {
    stage: "main-probe",
    reason: "timeout",
    advice: "Check that this network lets UDP out.",
    at: "2023-11-14T22:13:20.000Z",
  });
  const status = { ...openStatus("front"), state: "failed", lastError: ERROR } as const;
  const text = JSON.stringify(cameraView(status, false));
  assert.doesNotMatch(text, /192\.0|127\.0|8081|4K0123|rtsp|\/front/);
});

const SWITCH: readonly [Partial<CameraStatus>, boolean][] = [
  [{ state: "idle" }, false],
  [{ state: "sleeping" }, false],
  [{ state: "locating" }, true],
  [{ state: "open" }, true],
  [{ state: "failed" }, false],
  [{ state: "failed", retryAt: 1 }, true],
  [{ state: "idle", lease: { until: undefined } }, true],
];

for (const [change, on] of SWITCH) {
  test(`cameraView() shows the switch ${on ? "on" : "off"} with ${JSON.stringify(change)}`, () => {
    assert.equal(cameraView(idleStatus("front", change), false).on, on);
  });
}

test("cameraView() sees one problem in all attempts until the camera is open or at rest", () => {
  const states: CameraState[] = ["idle", "locating", "failed", "locating", "failed", "punching"];
  const seen: boolean[] = [];
  for (const state of [...states, "open", "locating", "failed", "sleeping"] as const) {
    seen.push(cameraView(idleStatus("front", { state }), seen.at(-1) ?? false).problem);
  }
  assert.deepEqual(seen, [false, false, true, true, true, true, false, false, true, false]);
});
