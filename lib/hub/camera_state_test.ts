import assert from "node:assert/strict";
import { test } from "node:test";
import { type CameraParts, deriveState } from "./camera_state.ts";
import type { CameraError, CameraState } from "./camera_status.ts";

function failure(at: number): CameraError {
  return { reason: "timeout", stage: "locate", detail: "lost", advice: "", at };
}

const NONE = { type: "none" } as const;
const LOCATING = { type: "connecting", state: "locating" } as const;
const CONNECTED = { type: "connected", way: "relay" } as const;
const LOST = { type: "lost", error: failure(1), retryAt: 500, wasConnected: true } as const;

const IDLE = { state: "idle", error: undefined, retryAt: undefined } as const;
const STARTING = { ...IDLE, state: "starting" } as const;
const OPEN = { ...IDLE, state: "open" } as const;
const SPENT: CameraError = { ...failure(9), reason: "local", stage: "budget" };
const FAILED = { state: "failed", error: failure(9), retryAt: 900 } as const;

const CASES: readonly [string, Partial<CameraParts>, CameraState, retryAt?: number][] = [
  ["nobody wants it", {}, "idle"],
  ["nobody wants it, and it has a battery", { sleeps: true }, "sleeping"],
  ["nobody wants it, and it is still connected", { connection: CONNECTED, paths: [IDLE] }, "idle"],
  ["a stream was asked for a moment ago", { paths: [STARTING] }, "locating"],
  ["it is being connected", { connection: LOCATING, paths: [STARTING] }, "locating"],
  ["it is being connected for a port", { connection: LOCATING }, "locating"],
  ["the stream is asked for", { connection: CONNECTED, paths: [STARTING] }, "starting"],
  ["a stream is open", { connection: CONNECTED, paths: [OPEN, FAILED, STARTING] }, "open"],
  ["a port is in use", { connection: CONNECTED, ports: 1, paths: [FAILED] }, "open"],
  ["a stream waits for the next attempt", { connection: LOST, paths: [STARTING] }, "failed", 500],
  ["a port waits for the next attempt", { connection: LOST, ports: 1 }, "failed", 500],
  ["the stream was refused", { connection: CONNECTED, paths: [FAILED] }, "failed", 900],
  [
    "another stream failed before",
    {
      paths: [FAILED, { ...FAILED, error: failure(2), retryAt: 7 }],
    },
    "failed",
    900,
  ],
  ["it was lost, and nobody waits", { connection: LOST, paths: [IDLE] }, "failed"],
  ["it went to sleep by itself", { connection: LOST, paths: [IDLE], sleeps: true }, "sleeping"],
  ["it could not be woken", {
    connection: { ...LOST, wasConnected: false },
    paths: [IDLE],
    sleeps: true,
  }, "failed"],
  [
    "it must not be woken, and somebody waits",
    {
      paths: [{ ...FAILED, error: SPENT }],
      sleeps: true,
    },
    "failed",
    900,
  ],
  ["it must not be woken, and nobody waits", {
    paths: [{ ...FAILED, error: SPENT, retryAt: undefined }],
    sleeps: true,
  }, "sleeping"],
];

for (const [name, parts, state, retryAt] of CASES) {
  test(`deriveState() is ${state} when ${name}`, () => {
    const derived = deriveState({ connection: NONE, paths: [], ports: 0, sleeps: false, ...parts });
    assert.equal(derived.state, state);
    assert.equal(derived.retryAt, retryAt);
    assert.equal(derived.way, parts.connection?.type === "connected" ? "relay" : undefined);
    assert.equal(derived.error !== undefined, state === "failed");
  });
}
