import assert from "node:assert/strict";
import { test } from "node:test";
import type { CameraError, CameraStatus } from "../lib/hub/camera_status.ts";
import type { StartResult } from "../lib/hub/hub.ts";
import { apiWorld, BEARER, problemOf, TOKEN } from "../tests/support/api_world.ts";
import { idleStatus } from "../tests/support/fake_hub.ts";
import type { CameraJson } from "./camera_json.ts";

const START = "/api/v1/cameras/front/start";
const POST = { method: "POST" };

test("POST …/start without wait answers 202 and leaves the rest to the hub", async () => {
  const { request, hub } = apiWorld();
  const response = await request(START, POST);
  assert.equal(response.status, 202);
  assert.deepEqual(
    hub.starts.map(({ name, options: { signal: _, ...rest } }) => ({ name, ...rest })),
    [
      { name: "front", cause: { by: "api", who: "127.0.0.1" } },
    ],
  );
});

test("POST …/start with wait answers 200 with the key frame's age", async () => {
  const { request, hub } = apiWorld();
  const response = await request(`${START}?for=10m&wait=frame&timeout=5s`, POST);
  assert.equal(response.status, 200);
  assert.equal((await response.json() as CameraJson).keyframeAgeMs, 40);
  const { for: lease, wait, timeout } = hub.starts[0]?.options ?? {};
  assert.deepEqual([lease, wait, timeout], [600_000, "frame", 5_000]);
});

test("POST …/start refuses a duration in its body, which would be a lease without end", async () => {
  const { request, hub } = apiWorld();
  const refused = await problemOf(await request(START, { ...POST, body: "for=10m" }));
  assert.equal(refused.status, 400);
  assert.match(refused.detail, /^In the body: it must be empty: .*query/);
  assert.equal(hub.starts.length, 0);
  assert.equal((await request(START, { ...POST, body: "{}" })).status, 202);
});

test("POST …/start names the token, and tells the command line from other callers", async () => {
  const { request, hub } = apiWorld({ tokens: [TOKEN] });
  await request(START, { ...POST, headers: { ...BEARER, "User-Agent": "sightline-cli/0.1.0" } });
  assert.deepEqual(hub.starts[0]?.options.cause, { by: "cli", who: "token-0" });
});

test("POST …/start hands the hub a signal that fires when the asker goes away", async () => {
  const { request, hub } = apiWorld();
  const leaving = new AbortController();
  hub.onStart = (status, { signal }) =>
    new Promise((resolve) => {
      signal?.addEventListener("abort", () => {
        resolve({
          type: "timedOut",
          stage: "locating",
          detail: "the asker left",
          advice: "",
          status,
        });
      });
      leaving.abort();
    });
  const response = await request(`${START}?wait=frame`, { ...POST, signal: leaving.signal });
  assert.equal(response.status, 504);
});

const error = (changes: Partial<CameraError>): CameraError => ({
  reason: "unreachable",
  stage: "locating",
  detail: "the cloud does not know this serial number",
  advice: "Check it.",
  at: 0,
  ...changes,
});

const FAILURES: readonly [string, (status: CameraStatus) => StartResult, number, string][] = [
  [
    "no key frame in time",
    (status) => ({
      type: "timedOut",
      stage: "punching",
      detail: "no answer yet",
      advice: "Try way=relay.",
      status,
    }),
    504,
    "timed-out",
  ],
  [
    "an unknown serial",
    (status) => ({ type: "failed", error: error({}), status }),
    504,
    "camera-offline",
  ],
  [
    "no path",
    (status) => ({ type: "failed", error: error({ stage: "punching" }), status }),
    504,
    "no-path",
  ],
  [
    "refused credentials",
    (status) => ({ type: "failed", error: error({ reason: "auth" }), status }),
    504,
    "credentials-refused",
  ],
  [
    "anything else",
    (status) => ({ type: "failed", error: error({ reason: "protocol" }), status }),
    504,
    "camera-failed",
  ],
  [
    "a spent budget",
    () => ({
      type: "budget",
      retryAfter: 90_500,
      detail: "it was woken 6 times this hour",
      advice: "",
    }),
    429,
    "wake-budget",
  ],
  [
    "a daemon that ends",
    () => ({ type: "refused", why: "closing", detail: "the daemon is ending", advice: "" }),
    503,
    "closing",
  ],
  [
    "too many of something",
    () => ({ type: "refused", why: "limit", detail: "too many", advice: "" }),
    409,
    "refused",
  ],
];

for (const [what, result, status, kind] of FAILURES) {
  test(`POST …/start answers ${status} ${kind} for ${what}`, async () => {
    const { request, hub } = apiWorld();
    hub.onStart = (camera) => result(camera);
    const response = await request(`${START}?wait=frame`, POST);
    assert.equal(response.status, status);
    const problem = await problemOf(response);
    assert.equal(problem.type, `urn:sightline:problem:${kind}`);
    assert.equal(problem.camera, "front");
    if (status === 504) assert.ok(problem.stage !== undefined && problem.advice !== undefined);
    if (kind === "wake-budget") assert.equal(response.headers.get("retry-after"), "91");
  });
}

test("POST …/start refuses what it does not understand", async () => {
  const { request, hub } = apiWorld();
  for (
    const query of [
      "for=10",
      "for=",
      "for=9999h",
      "wait=picture",
      "wait=fram",
      "tiemout=5s",
      "for=1s&for=2s",
      "timeout=-1s",
    ]
  ) {
    assert.equal((await request(`${START}?${query}`, POST)).status, 400, query);
  }
  assert.deepEqual(hub.starts, []);
  const { detail } = await problemOf(await request(`${START}?tiemout=5s&wait=fram`, POST));
  assert.match(
    detail,
    /wait must be one of frame: is "fram"; did you mean frame\?; tiemout is no setting; did you mean timeout\?/,
  );
});

test("POST …/start answers 404 for a camera there is not", async () => {
  const { request } = apiWorld();
  const response = await request("/api/v1/cameras/nope/start", POST);
  assert.equal(response.status, 404);
});

test("POST …/stop closes a camera, however often it is asked", async () => {
  const { request, hub } = apiWorld();
  for (let i = 0; i < 2; i++) {
    assert.equal((await request("/api/v1/cameras/front/stop", POST)).status, 200);
  }
  assert.equal(hub.stops.length, 2);
  assert.equal((await request("/api/v1/cameras/nope/stop", POST)).status, 404);
});

test("POST …/start shows the camera as the hub has it", async () => {
  const { request, hub } = apiWorld();
  hub.onStart = () => ({ type: "started", status: idleStatus("front", { state: "locating" }) });
  assert.equal((await (await request(START, POST)).json() as CameraJson).state, "locating");
});
