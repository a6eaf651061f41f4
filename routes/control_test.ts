import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlResult } from "../lib/hub/hub.ts";
import { apiWorld, BEARER, problemOf, TOKEN } from "../tests/support/api_world.ts";
import { openStatus } from "../tests/support/fake_hub.ts";
import type { CameraJson } from "./camera_json.ts";

const CONTROL = "/api/v1/cameras/front/control";

const post = (body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

const LEFT = { type: "ptz", direction: "left", for: "2s" };

test("POST …/control gives an order, and answers 200 with the camera", async () => {
  const { request, hub } = apiWorld();
  const response = await request(CONTROL, post(LEFT));
  assert.equal(response.status, 200);
  assert.equal((await response.json() as CameraJson).name, "front");
  assert.deepEqual(hub.orders, [{
    name: "front",
    order: { type: "ptz", direction: "left", speed: 32, for: 2_000 },
    cause: { by: "api", who: "127.0.0.1" },
  }]);
});

test("POST …/control needs a token where there are some, and is one of few changes a second", async () => {
  const { request, hub } = apiWorld({ tokens: [TOKEN] });
  assert.equal((await request(CONTROL, post(LEFT))).status, 401);
  assert.equal(hub.orders.length, 0);
  assert.equal((await request(CONTROL, post(LEFT, BEARER))).status, 200);
  const limited = apiWorld({ limits: { changes: { perSecond: 1, burst: 2 } } });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await limited.request(CONTROL, post(LEFT))).status);
  assert.deepEqual(statuses, [200, 200, 429]);
});

const MISTAKES: readonly (readonly [unknown, number, RegExp])[] = [
  [{}, 400, /type is missing/],
  [{ type: "explode" }, 400, /type must be one of light, siren, .*: is "explode"/],
  [{ type: "light" }, 400, /on is missing/],
  [{ type: "light", on: "yes" }, 400, /on must be true or false: is "yes"/],
  [{ type: "light", on: true, sped: 1 }, 400, /sped is no setting; there are type, on, for/],
  [{ ...LEFT, sped: 1 }, 400, /sped is no setting; did you mean speed\?/],
  [{ ...LEFT, direction: "lef" }, 400, /direction must be one of left, .*did you mean left\?/],
  [{ ...LEFT, speed: 65 }, 400, /speed must be at most 64: is 65/],
  [{ ...LEFT, for: "11s" }, 400, /for must be at least 1ms, and at most 10s: is "11s"/],
  [{ ...LEFT, for: "0s" }, 400, /for must be at least 1ms/],
  [{ ...LEFT, for: 2 }, 400, /for must be .* unit/],
  [{ type: "preset", id: 1.5 }, 400, /id must be a whole number/],
  [{ type: "zoom", position: -1 }, 400, /position must be at least 0: is -1/],
  [[], 400, /it must be/],
  ["{", 400, /JSON/],
  [`{"type":"siren","x":"${"x".repeat(20_000)}"}`, 413, /more than/],
];

for (const [body, status, pattern] of MISTAKES) {
  const text = JSON.stringify(body).slice(0, 60);
  test(`POST …/control refuses ${text} with ${status}`, async () => {
    const { request, hub } = apiWorld();
    const problem = await problemOf(await request(CONTROL, post(body)));
    assert.equal(problem.status, status);
    assert.match(problem.detail, pattern);
    assert.equal(hub.orders.length, 0);
  });
}

test("POST …/control takes JSON only, which no form of another page can send", async () => {
  const { request } = apiWorld();
  const form = {
    method: "POST",
    headers: { "Content-Type": "text/plain" },
    body: '{"type":"siren"}',
  };
  assert.equal((await request(CONTROL, form)).status, 415);
});

const error = {
  reason: "peer",
  stage: "control",
  detail: "it says no",
  advice: "Ask.",
  at: 0,
} as const;

const FAILURES: readonly (readonly [ControlResult, number, string])[] = [
  [{ type: "refused", why: "closed", detail: "it rests", advice: "Start it." }, 409, "refused"],
  [{ type: "refused", why: "control", detail: "it has none", advice: "" }, 409, "refused"],
  [{ type: "refused", why: "limit", detail: "too many", advice: "" }, 409, "refused"],
  [{ type: "failed", error }, 504, "camera-failed"],
  [{ type: "failed", error: { ...error, reason: "auth" } }, 504, "credentials-refused"],
  [{ type: "unknown" }, 404, "unknown-camera"],
];

for (const [result, status, kind] of FAILURES) {
  const what = result.type === "refused" ? `${result.type} (${result.why})` : kind;
  test(`POST …/control answers ${status} where the hub says ${what}`, async () => {
    const { request, hub } = apiWorld();
    hub.onControl = () => result;
    const problem = await problemOf(await request(CONTROL, post(LEFT)));
    assert.equal(problem.status, status);
    assert.equal(problem.type, `urn:sightline:problem:${kind}`);
  });
}

test("POST …/control ends an order with the one who gave it", async () => {
  const { request, hub } = apiWorld();
  const gone = new AbortController();
  const seen = Promise.withResolvers<AbortSignal>();
  hub.onControl = (status, signal) => {
    seen.resolve(signal);
    return { type: "done", status };
  };
  await request(CONTROL, { ...post(LEFT), signal: gone.signal });
  const signal = await seen.promise;
  gone.abort();
  assert.equal(signal.aborted, true);
});

test("a camera's JSON tells what it can be told, once that is known", async () => {
  const { request, hub } = apiWorld();
  const read = async () => {
    const { controls } = await (await request("/api/v1/cameras/front")).json() as CameraJson;
    return controls;
  };
  assert.equal(await read(), undefined);
  hub.cameras.set("front", openStatus("front"));
  assert.deepEqual(await read(), openStatus("front").controls);
});
