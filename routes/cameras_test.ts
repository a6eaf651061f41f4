import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWorld, problemOf } from "../tests/support/api_world.ts";
import { openStatus } from "../tests/support/fake_hub.ts";
import type { CameraJson } from "./camera_json.ts";

const ADDRESS = "dahua://viewer:hunter2@4K0123PAZ00001";

function put(settings: unknown): RequestInit {
  return {
    method: "PUT",
    body: JSON.stringify(settings),
    headers: { "Content-Type": "application/json" },
  };
}

test("GET /api/v1/cameras lists every camera in the hub's order", async () => {
  const { request } = apiWorld();
  const response = await request("/api/v1/cameras");
  assert.equal(response.status, 200);
  const { cameras } = await response.json() as { cameras: CameraJson[] };
  assert.deepEqual(cameras.map(({ name }) => name), ["front", "yard"]);
});

test("GET /api/v1/cameras/{name} shows times as ISO 8601 and spans with their unit", async () => {
  const { request, hub } = apiWorld();
  hub.cameras.set("front", openStatus("front"));
  const camera = await (await request("/api/v1/cameras/FRONT")).json() as CameraJson;
  assert.deepEqual(camera.rtsp, ["rtsp://127.0.0.1:8554/front", "rtsp://127.0.0.1:8554/front/sub"]);
  assert.equal(camera.since, "2023-11-14T22:13:20.000Z");
  assert.equal(camera.lease?.until, "2023-11-14T22:23:20.000Z");
  assert.equal(camera.lastError?.at, "2023-11-14T22:13:20.000Z");
  assert.equal(camera.keyframeAgeMs, 412.123);
  assert.equal(camera.rttMs, 61.5);
  assert.deepEqual(camera.handshake[0], {
    stage: "locating",
    at: "2023-11-14T22:13:20.000Z",
    durationMs: 120,
    outcome: "ok",
  });
  assert.deepEqual(camera.bytes.received, { relay: 1_234_567, lan: 89 });
});

test("GET /api/v1/cameras/{name} names the host it was asked by where RTSP is everywhere", async () => {
  const { request } = apiWorld({
    rtsp: () => ({ address: "0.0.0.0", port: 8554 }),
    allowedHosts: ["pi.example"],
  });
  const response = await request("/api/v1/cameras/front", { headers: { Host: "pi.example:8580" } });
  assert.equal((await response.json() as CameraJson).rtsp[0], "rtsp://pi.example:8554/front");
});

test("GET /api/v1/cameras/{name} answers 404 for one there is not", async () => {
  const { request } = apiWorld();
  for (const name of ["nope", "front%2Fsub", "%zz", "..%2f", "-"]) {
    const response = await request(`/api/v1/cameras/${name}`);
    assert.equal(response.status, 404, name);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
  }
  assert.equal(
    (await problemOf(await request("/api/v1/cameras/nope"))).type,
    "urn:sightline:problem:unknown-camera",
  );
});

test("PUT /api/v1/cameras/{name} adds a camera with every default and no word of its password", async () => {
  const { request, hub, logged } = apiWorld();
  const response = await request("/api/v1/cameras/back", put({ address: ADDRESS, idle: "5s" }));
  assert.equal(response.status, 201);
  assert.doesNotMatch(await response.text(), /hunter2/);
  assert.doesNotMatch(JSON.stringify(logged), /hunter2/);
  const [config] = hub.puts;
  assert.equal(config?.name, "back");
  assert.equal(config?.idle, 5_000);
  assert.equal(config?.mode, "on-demand");
  assert.equal(config?.address.credentials?.password?.reveal(), "hunter2");
});

test("PUT /api/v1/cameras/{name} takes the password apart from the address, as it is", async () => {
  const { request, hub } = apiWorld();
  const settings = { address: "dahua://4K0123PAZ00001", password: "a@b${HOME}" };
  assert.equal((await request("/api/v1/cameras/back", put(settings))).status, 201);
  assert.equal(hub.puts[0]?.address.credentials?.password?.reveal(), "a@b${HOME}");
});

test("PUT /api/v1/cameras/{name} answers 200 for a change", async () => {
  const { request } = apiWorld();
  assert.equal((await request("/api/v1/cameras/front", put({ address: ADDRESS }))).status, 200);
});

const MISTAKES: readonly [string, string, unknown, RegExp][] = [
  ["no address", "back", {}, /In the body: address is missing/],
  [
    "a misspelt setting",
    "back",
    { address: ADDRESS, mod: "always" },
    /mod is no setting; did you mean mode\?/,
  ],
  [
    "a file of the daemon's",
    "back",
    { address: ADDRESS, password_file: "/etc/shadow" },
    /password_file is no setting/,
  ],
  [
    "a bad address",
    "back",
    { address: "dahua://u:hunter2@x" },
    /address must have a serial number/,
  ],
  ["a reserved name", "sub", { address: ADDRESS }, /In the path: name must have another name/],
  ["an impossible name", "-a", { address: ADDRESS }, /In the path: name must be a name/],
  ["two passwords", "back", { address: ADDRESS, password: "hunter2" }, /password must be left out/],
  ["a wake budget of a Dahua device", "back", {
    address: "dahua://4K0123PAZ00001",
    wake_budget: {},
  }, /wake_budget is for Reolink/],
  ["a list", "back", [], /In the body: it must be a section/],
  ["null", "back", null, /In the body: it must be a section/],
];

for (const [what, name, settings, pattern] of MISTAKES) {
  test(`PUT /api/v1/cameras/{name} refuses ${what} and says why`, async () => {
    const { request, hub } = apiWorld();
    const response = await request(`/api/v1/cameras/${name}`, put(settings));
    assert.equal(response.status, 400);
    const { detail } = await problemOf(response);
    assert.match(detail, pattern);
    assert.doesNotMatch(detail, /hunter2/);
    assert.deepEqual(hub.puts, []);
  });
}

test("PUT /api/v1/cameras/{name} takes JSON only", async () => {
  const { request } = apiWorld();
  const path = "/api/v1/cameras/back";
  const headers = { "Content-Type": "text/plain" };
  assert.equal((await request(path, { method: "PUT", body: "{}", headers })).status, 415);
  const malformed = { ...put({}), body: "{" };
  assert.equal((await request(path, malformed)).status, 400);
});

test("PUT /api/v1/cameras/{name} answers 409 where the hub refuses", async () => {
  const { request, hub } = apiWorld();
  hub.onPut = () => ({
    type: "refused",
    why: "listen",
    detail: "port 80 is taken",
    advice: "Another.",
  });
  const response = await request("/api/v1/cameras/back", put({ address: ADDRESS }));
  assert.equal(response.status, 409);
  assert.deepEqual(await problemOf(response), {
    type: "urn:sightline:problem:refused",
    title: "The daemon does not do this",
    status: 409,
    detail: "Port 80 is taken",
    camera: "back",
    advice: "Another.",
  });
});

test("DELETE /api/v1/cameras/{name} removes a camera once", async () => {
  const { request, hub } = apiWorld();
  assert.equal((await request("/api/v1/cameras/front", { method: "DELETE" })).status, 204);
  assert.equal(hub.get("front"), undefined);
  assert.equal((await request("/api/v1/cameras/front", { method: "DELETE" })).status, 404);
});

test("GET …/snapshot.jpg gives a picture with its age in seconds", async () => {
  const { request, hub } = apiWorld();
  hub.picture = { type: "picture", bytes: Uint8Array.of(0xff, 0xd8, 0xff), age: 1_234.5678 };
  const response = await request("/api/v1/cameras/front/snapshot.jpg");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(response.headers.get("x-snapshot-age"), "1.235");
  assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0xff, 0xd8, 0xff]);
});

test("GET …/snapshot.jpg says plainly why there is none", async () => {
  const { request, hub } = apiWorld();
  const none = await request("/api/v1/cameras/front/snapshot.jpg");
  assert.equal(none.status, 404);
  assert.equal((await problemOf(none)).detail, "There is no picture: it was never open");
  hub.picture = {
    type: "failed",
    error: { reason: "timeout", stage: "open", detail: "no answer", advice: "", at: 0 },
  };
  assert.equal((await request("/api/v1/cameras/front/snapshot.jpg")).status, 504);
  assert.equal((await request("/api/v1/cameras/nope/snapshot.jpg")).status, 404);
});

test("GET …/wakes tells who had the camera reached", async () => {
  const { request, hub } = apiWorld();
  hub.records = [{
    at: 1_700_000_000_000,
    cause: { by: "api", who: "cron" },
    outcome: "closed",
    connectedFor: 30_000,
    detail: undefined,
    charge: { first: 61, last: 60 },
  }];
  assert.deepEqual(await (await request("/api/v1/cameras/yard/wakes")).json(), {
    wakes: [{
      at: "2023-11-14T22:13:20.000Z",
      by: "api",
      who: "cron",
      outcome: "closed",
      connectedForMs: 30_000,
      charge: { first: 61, last: 60 },
    }],
  });
  assert.equal((await request("/api/v1/cameras/nope/wakes")).status, 404);
});
