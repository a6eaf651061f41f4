import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceUnavailableError } from "../media/source.ts";
import type { CameraError } from "./camera_status.ts";
import type { OpenResult } from "./hub.ts";
import { findSource } from "./find_source.ts";

const CLIENT = { address: "10.0.0.1", port: 1 };
const { signal } = new AbortController();

function find(result: OpenResult) {
  return findSource({ open: () => Promise.resolve(result) })("/yard?peek", signal, CLIENT);
}

test("findSource() hands on what there is, and tells of what there is not", async () => {
  const source = { tracks: [], read: () => () => {} };
  assert.equal(await find({ type: "source", source }), source);
  assert.equal(await find({ type: "unknown" }), undefined);
  const error: CameraError = {
    ...{ reason: "timeout", stage: "open", detail: "it is lost", advice: "", at: 0 },
  };
  await assert.rejects(find({ type: "failed", error }), {
    message: "Cannot show /yard as it is lost",
    retryAfter: undefined,
  });
});

test("findSource() tells when a camera may be had whose wake budget is spent", async () => {
  const spent = { type: "budget", retryAfter: 7_000, detail: "spent", advice: "" } as const;
  await assert.rejects(find(spent), (error) => {
    return error instanceof SourceUnavailableError && error.retryAfter === 7_000;
  });
});
