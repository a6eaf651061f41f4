import assert from "node:assert/strict";
import { test } from "node:test";
import type { DoctorRequest } from "../lib/doctor/doctor_desk.ts";
import type { BudgetSpent } from "../lib/hub/hub.ts";
import { apiWorld, BEARER, problemOf, TOKEN } from "../tests/support/api_world.ts";
import { settled } from "../tests/support/virtual_clock.ts";
import type { Doctor } from "./app_options.ts";

const VERDICT = { event: "verdict", type: "works", cause: "x", remedy: "y", exitCode: 0 } as const;
const STEP = { event: "step", step: "udp", outcome: "ok", at: 5, detail: "x" } as const;

/** A doctor that says a step and waits for the test to go on. */
function doctorWorld(answer?: "busy" | "full" | BudgetSpent) {
  const requests: DoctorRequest[] = [];
  const signals: AbortSignal[] = [];
  const goOn = Promise.withResolvers<void>();
  const world = apiWorld({
    doctor: {
      begin(request, onLine, signal) {
        if (answer !== undefined) return answer;
        requests.push(request);
        signals.push(signal);
        onLine(STEP);
        return goOn.promise.then(() => onLine(VERDICT));
      },
      addressOf: (name) => world.appOptions.hub.get(name) && DEFAULT_ADDRESS,
      visit: () => () => {},
    } satisfies Doctor,
  });
  const post = (body: unknown, init: RequestInit = {}) =>
    world.request("/api/v1/doctor", {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", ...init.headers },
      ...(init.signal && { signal: init.signal }),
    });
  return { ...world, post, requests, signals, goOn };
}

const DEFAULT_ADDRESS = {
  vendor: "dahua",
  serial: "4K0123PAZ00001",
  credentials: undefined,
  channel: 1,
  subtype: 0,
  way: "auto",
  server: { host: "x", port: 1 },
  dialect: "dh",
} as const;

const ADDRESS = { address: "dahua://admin:s3cret@4K0123PAZ00001" };

test("POST /api/v1/doctor streams each step as it happens, then the verdict", async () => {
  const { post, goOn } = doctorWorld();
  const response = await post(ADDRESS);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/x-ndjson");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, `${JSON.stringify(STEP)}\n`);
  goOn.resolve();
  assert.equal((await reader?.read())?.value, `${JSON.stringify(VERDICT)}\n`);
  assert.equal((await reader?.read())?.done, true);
});

test("POST /api/v1/doctor takes an address or the name of a camera", async () => {
  const { post, requests, goOn } = doctorWorld();
  goOn.resolve();
  await (await post({ ...ADDRESS, wake: true, clouds: ["p2p.example:8800"] })).text();
  await (await post({ camera: "FRONT" })).text();
  const [byAddress, byName] = requests;
  assert.equal(byAddress?.address.credentials?.password?.reveal(), "s3cret");
  assert.equal(byAddress?.mayWake, true);
  assert.deepEqual(byAddress?.clouds, [{ host: "p2p.example", port: 8800 }]);
  assert.deepEqual(byName?.address, DEFAULT_ADDRESS);
  assert.deepEqual([byName?.mayWake, byName?.clouds], [false, []]);
});

for (
  const [what, body, status, words] of [
    ["neither", {}, 400, /either address or camera/],
    ["both", { ...ADDRESS, camera: "front" }, 400, /either address or camera/],
    ["a bad address", { address: "dahua://a:s3cret@1" }, 400, /serial number of 8 to 32/],
    ["a bad cloud", { ...ADDRESS, clouds: ["nowhere"] }, 400, /be HOST:PORT/],
    ["too many clouds", { ...ADDRESS, clouds: Array(9).fill("a:1") }, 400, /clouds/],
    ["another setting", { ...ADDRESS, wakes: true }, 400, /wakes/],
    ["an unknown camera", { camera: "attic" }, 404, /no camera named attic/],
  ] as const
) {
  test(`POST /api/v1/doctor refuses ${what}, and shows no password`, async () => {
    const response = await doctorWorld().post(body);
    assert.equal(response.status, status);
    const { detail } = await problemOf(response);
    assert.match(detail, words);
    assert.doesNotMatch(detail, /s3cret/);
  });
}

test("POST /api/v1/doctor answers 429 while a camera is being examined, or too many are", async () => {
  for (const why of ["busy", "full"] as const) {
    const response = await doctorWorld(why).post(ADDRESS);
    assert.equal(response.status, 429);
    assert.equal(response.headers.get("retry-after"), "30");
  }
});

test("POST /api/v1/doctor answers 429 when the camera's wake budget is spent", async () => {
  const spent = {
    type: "budget",
    retryAfter: 90_500,
    detail: "the wake budget is spent: the camera was woken 6 times within the last hour",
    advice: "Wait.",
  } as const;
  const response = await doctorWorld(spent).post({ camera: "front", wake: true });
  assert.equal(response.status, 429);
  assert.equal(response.headers.get("retry-after"), "91");
  const problem = await problemOf(response);
  assert.equal(problem.type, "urn:sightline:problem:wake-budget");
  assert.match(problem.detail, /^The wake budget is spent/);
  assert.equal(problem.camera, "front");
});

test("POST /api/v1/doctor asks for a wake where it may wake a camera, and else not", async () => {
  const { post, requests, goOn } = doctorWorld();
  goOn.resolve();
  const uid = "reolink://admin@95270000YGAKNWKJ";
  for (const body of [{ address: uid }, { address: uid, wake: true }, { camera: "front" }]) {
    await (await post(body)).text();
  }
  assert.deepEqual(requests.map(({ admit }) => admit !== undefined), [false, true, true]);
});

test("POST /api/v1/doctor ends the examination when the asker goes away", async () => {
  const { post, signals } = doctorWorld();
  const response = await post(ADDRESS);
  await response.body?.cancel();
  await settled();
  assert.equal(signals[0]?.aborted, true);
  const leaving = new AbortController();
  const other = doctorWorld();
  const left = await other.post(ADDRESS, { signal: leaving.signal });
  leaving.abort();
  assert.equal(other.signals[0]?.aborted, true);
  await left.body?.cancel().catch(() => {});
});

test("POST /api/v1/doctor needs a token where there are tokens", async () => {
  const world = apiWorld({ tokens: [TOKEN] });
  const init = { method: "POST", body: JSON.stringify(ADDRESS) };
  const headers = { "Content-Type": "application/json" };
  const refused = await world.request("/api/v1/doctor", { ...init, headers });
  assert.equal(refused.status, 401);
  const taken = await world.request("/api/v1/doctor", {
    ...init,
    headers: { ...headers, ...BEARER },
  });
  assert.equal(taken.status, 200);
});
