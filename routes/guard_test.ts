import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWorld, BEARER, problemOf, TOKEN } from "../tests/support/api_world.ts";

const LIST = "/api/v1/cameras";

test("a request without a valid token is refused where there are tokens, on loopback too", async () => {
  const { request } = apiWorld({ tokens: [TOKEN, "second"] });
  const wrong = [
    "",
    "Bearer",
    "Bearer wrong",
    `Basic ${TOKEN}`,
    TOKEN,
    `Bearer ${TOKEN}x`,
    "Bearer  ",
  ];
  for (const Authorization of wrong) {
    const response = await request(LIST, { headers: { Authorization } });
    assert.equal(response.status, 401, Authorization);
    assert.equal(response.headers.get("www-authenticate"), 'Bearer realm="sightline"');
  }
  assert.equal((await request(LIST)).status, 401);
  assert.equal((await request(LIST, { headers: BEARER })).status, 200);
  assert.equal((await request(LIST, { headers: { authorization: "bearer second" } })).status, 200);
});

test("a wrong token is told once for each client, and a missing one never", async () => {
  const { request, logged } = apiWorld({ tokens: [TOKEN] });
  const headers = { Authorization: "Bearer wr0ng" };
  await request(LIST);
  await request(LIST, { headers, peer: "10.0.0.1" });
  await request(LIST, { headers, peer: "10.0.0.1" });
  await request(LIST, { headers, peer: "10.0.0.2" });
  const warned = logged.filter(({ level }) => level === "warn");
  assert.deepEqual(warned.map(({ fields }) => fields["client"]), ["10.0.0.1", "10.0.0.2"]);
  assert.doesNotMatch(JSON.stringify(logged), /wr0ng/);
});

test("whatever is not known to be for everybody needs a token", async () => {
  const { request } = apiWorld({ tokens: [TOKEN] });
  for (
    const path of ["/metrics", "/api/v1/events", "/nothing", "/api/v1/cameras/nope", "//livez"]
  ) {
    assert.equal((await request(path)).status, 401, path);
  }
  for (const path of ["/livez", "/readyz", "/openapi.json", "/config.schema.json"]) {
    assert.equal((await request(path)).status, 200, path);
  }
});

test("nobody needs a token where there are none", async () => {
  const { request } = apiWorld();
  assert.equal((await request(LIST)).status, 200);
  assert.equal((await request(LIST, { headers: BEARER })).status, 200);
});

test("a client that guesses tokens is held up, for good ones too, and others are not", async () => {
  const { request, clock } = apiWorld({ tokens: [TOKEN] });
  const guess = () => request(LIST, { headers: { Authorization: "Bearer x" }, peer: "10.0.0.9" });
  for (let i = 0; i < 20; i++) assert.equal((await guess()).status, 401);
  const held = await guess();
  assert.equal(held.status, 429);
  assert.equal(held.headers.get("retry-after"), "1");
  assert.equal((await request(LIST, { headers: BEARER, peer: "10.0.0.9" })).status, 429);
  assert.equal((await request(LIST, { headers: BEARER, peer: "10.0.0.8" })).status, 200);
  clock.pass(1_000);
  assert.equal((await request(LIST, { headers: BEARER, peer: "10.0.0.9" })).status, 200);
});

test("a neighbour on this machine cannot lock others out", async () => {
  const { request } = apiWorld({ tokens: [TOKEN] });
  for (let i = 0; i < 30; i++) await request(LIST, { headers: { Authorization: "Bearer x" } });
  assert.equal((await request(LIST, { headers: BEARER })).status, 200);
});

test("requests are limited per client, changes more than others", async () => {
  const { request, clock } = apiWorld({
    limits: {
      requests: { perSecond: 10, burst: 8 },
      changes: { perSecond: 1, burst: 2 },
    },
  });
  const stop = (peer: string) => request(`${LIST}/front/stop`, { method: "POST", peer });
  assert.deepEqual(
    [
      (await stop("10.0.0.1")).status,
      (await stop("10.0.0.1")).status,
      (await stop("10.0.0.1")).status,
    ],
    [200, 200, 429],
  );
  assert.equal((await stop("10.0.0.2")).status, 200);
  for (let i = 0; i < 5; i++) assert.equal((await request(LIST, { peer: "10.0.0.1" })).status, 200);
  const limited = await request(LIST, { peer: "10.0.0.1" });
  assert.equal(limited.status, 429);
  assert.equal((await problemOf(limited)).type, "urn:sightline:problem:too-many-requests");
  clock.pass(1_000);
  assert.equal((await request(LIST, { peer: "10.0.0.1" })).status, 200);
});

const HOSTS: readonly [string, number][] = [
  ["127.0.0.1:8580", 200],
  ["127.0.0.1", 200],
  ["localhost:8580", 200],
  ["LOCALHOST", 200],
  ["home.example:8580", 200],
  ["HOME.example", 200],
  ["evil.example", 403],
  ["evil.example:8580", 403],
  ["127.0.0.1.evil.example", 403],
  ["10.0.0.1:8580", 403],
  ["127.0.0.2:8580", 403],
  ["127.0.0.1:8580@evil.example", 403],
  ["127.0.0.1, evil.example", 403],
  ["[::1]:8580", 403],
];

for (const [host, status] of HOSTS) {
  test(`a request for the host ${host} gets ${status}`, async () => {
    const { request } = apiWorld({ allowedHosts: ["home.example"] });
    assert.equal((await request(LIST, { headers: { Host: host } })).status, status);
    assert.equal((await request("/livez", { headers: { Host: host } })).status, status);
  });
}

test("a daemon that listens everywhere answers to addresses, and to no name it was not told of", async () => {
  const { request } = apiWorld({ listening: () => ({ address: "0.0.0.0", port: 8580 }) });
  for (
    const [host, status] of [["10.0.0.1", 200], ["localhost", 200], ["evil.example", 403]] as const
  ) {
    assert.equal((await request(LIST, { headers: { Host: host } })).status, status, host);
  }
});

const ORIGINS: readonly [string, Record<string, string>, number][] = [
  ["a page of its own", { Origin: "http://127.0.0.1:8580" }, 200],
  ["a page of its own behind a proxy", { Origin: "https://127.0.0.1:8580" }, 200],
  ["an allowed page", { Origin: "https://home.example:8123" }, 200],
  ["a page from elsewhere", { Origin: "https://evil.example" }, 403],
  ["a page on another port", { Origin: "http://127.0.0.1:9999" }, 403],
  ["a sandboxed page", { Origin: "null" }, 403],
  ["an image on a page from elsewhere", {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "no-cors",
  }, 403],
  [
    "an image on a page next door",
    { "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors" },
    403,
  ],
  ["a link from elsewhere", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" }, 200],
  ["an address typed in", { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" }, 200],
  ["a script of its own", { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors" }, 200],
];

for (const [what, headers, status] of ORIGINS) {
  test(`${what} gets ${status}`, async () => {
    const { request } = apiWorld({ allowedOrigins: ["https://home.example:8123"] });
    assert.equal((await request(LIST, { headers })).status, status);
  });
}

test("a form on a page from elsewhere starts nothing", async () => {
  const { request, hub } = apiWorld();
  const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" };
  const response = await request(`${LIST}/front/start`, { method: "POST", headers });
  assert.equal(response.status, 403);
  assert.deepEqual(hub.starts, []);
});

test("a page of an allowed origin may ask beforehand, without a token, and read the answer", async () => {
  const origin = "https://home.example:8123";
  const { request } = apiWorld({ allowedOrigins: [origin], tokens: [TOKEN] });
  const headers = { "Origin": origin, "Access-Control-Request-Method": "PUT" };
  const asked = await request(`${LIST}/front`, { method: "OPTIONS", headers });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get("access-control-allow-origin"), origin);
  assert.match(asked.headers.get("access-control-allow-headers") ?? "", /Authorization/);
  const answer = await request(LIST, { headers: { Origin: origin, ...BEARER } });
  assert.equal(answer.headers.get("access-control-allow-origin"), origin);
  const exposed = answer.headers.get("access-control-expose-headers");
  assert.equal(exposed, "Retry-After, X-Left-Out, X-Snapshot-Age");
  const refused = await request(LIST, { headers: { Origin: origin } });
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get("access-control-allow-origin"), origin);
});

test("a page of its own gets no cross-origin headers", async () => {
  const { request } = apiWorld();
  const response = await request(LIST, { headers: { Origin: "http://127.0.0.1:8580" } });
  assert.equal(response.headers.get("access-control-allow-origin"), null);
});

test("a body is refused when it is too large, by its length and by its bytes", async () => {
  const { request } = apiWorld();
  const put = (body: BodyInit) =>
    request(`${LIST}/front`, {
      method: "PUT",
      body,
      headers: { "Content-Type": "application/json" },
      ...({ duplex: "half" }),
    });
  const large = new Uint8Array(20_000).fill(0x20);
  assert.equal((await put(large)).status, 413);
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1_000).fill(0x20)),
  });
  assert.equal((await put(stream)).status, 413);
});

test("a path that has no such method answers 405 with those it has", async () => {
  const { request } = apiWorld();
  const cases: readonly [string, string, string][] = [
    ["/livez", "POST", "GET, HEAD, OPTIONS"],
    [LIST, "DELETE", "GET, HEAD, OPTIONS"],
    [`${LIST}/front`, "PATCH", "DELETE, GET, HEAD, OPTIONS, PUT"],
    [`${LIST}/front/start`, "GET", "OPTIONS, POST"],
    [`${LIST}/front/start`, "HEAD", "OPTIONS, POST"],
  ];
  for (const [path, method, allow] of cases) {
    const response = await request(path, { method });
    assert.equal(response.status, 405, `${method} ${path}`);
    assert.equal(response.headers.get("allow"), allow);
    const options = await request(path, { method: "OPTIONS" });
    assert.equal(options.status, 204);
    assert.equal(options.headers.get("allow"), allow);
  }
  assert.equal((await request("/nothing", { method: "OPTIONS" })).status, 404);
});

test("HEAD answers as GET does, without the body", async () => {
  const { request } = apiWorld();
  for (const path of [LIST, `${LIST}/front`, "/metrics", "/livez", "/openapi.json"]) {
    const response = await request(path, { method: "HEAD" });
    assert.equal(response.status, 200, path);
    assert.equal(await response.text(), "");
  }
});

test("every answer tells browsers to be careful with it", async () => {
  const { request } = apiWorld();
  for (const path of [LIST, "/nothing", "/livez"]) {
    const { headers } = await request(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  }
});

test("a bug of ours answers 500 without a word of it, and is logged", async () => {
  const { request, hub, logged } = apiWorld();
  hub.onStart = () => {
    throw new Error("secret detail");
  };
  const response = await request(`${LIST}/front/start`, { method: "POST" });
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret detail/);
  const bug = logged.find(({ level }) => level === "error");
  assert.match(String(bug?.fields["error"]), /secret detail/);
});

test("GET /readyz answers 503 with what is not ready", async () => {
  const { request } = apiWorld({
    readiness: () => [
      { name: "api", ok: true },
      { name: "rtsp", ok: false, detail: "the port is taken" },
    ],
  });
  const response = await request("/readyz");
  assert.equal(response.status, 503);
  assert.equal((await problemOf(response)).detail, "rtsp: the port is taken");
});
