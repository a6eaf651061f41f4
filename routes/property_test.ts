import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { OpenResult, StartResult } from "../lib/hub/hub.ts";
import type { ControlResult } from "../lib/hub/hub.ts";
import { loadClip } from "../lib/sim/clip/clip.ts";
import { ClipSource } from "../lib/sim/clip/clip_source.ts";
import { type ApiWorld, apiWorld, BEARER, TOKEN } from "../tests/support/api_world.ts";
import { openStatus } from "../tests/support/fake_hub.ts";
import {
  anyRequest,
  type OpenApiDocument,
  type Operation,
  type Schema,
} from "../tests/support/random_request.ts";
import { Dice } from "../tests/support/random_scenario.ts";

/** Of each operation, with each seed. */
const REQUESTS_EACH = 80;
const CLIP = loadClip();
const NO_LIMIT = { perSecond: 1e9, burst: 1e9 };

/** A hub that answers everything it can, in turn. */
function anyWorld(dice: Dice): ApiWorld {
  const world = apiWorld({
    tokens: [TOKEN],
    limits: { requests: NO_LIMIT, changes: NO_LIMIT, refusals: NO_LIMIT },
    readiness: () => [{ name: "rtsp", ok: dice.chance(0.5) }],
  });
  const { hub } = world;
  const error = () => ({
    reason: dice.oneOf(["peer", "auth", "timeout", "unreachable"] as const),
    stage: dice.oneOf(["locating", "punching"]),
    detail: "x",
    advice: "",
    at: 0,
  });
  const refused = () => ({
    type: "refused" as const,
    why: dice.oneOf(["manual", "limit", "listen", "closing", "closed", "control"] as const),
    detail: "x",
    advice: "",
  });
  hub.onStart = (status) =>
    dice.oneOf<() => StartResult>([
      () => ({ type: "started", status: openStatus(status.name) }),
      () => ({ type: "frame", status, keyframeAge: 1 }),
      () => ({ type: "timedOut", stage: "x", detail: "x", advice: "x", status }),
      () => ({ type: "failed", error: error(), status }),
      () => ({ type: "budget", retryAfter: dice.upTo(1e6), detail: "x", advice: "" }),
      refused,
    ])();
  const put = hub.put.bind(hub);
  hub.put = (config) => dice.chance(0.2) ? Promise.resolve(refused()) : put(config);
  hub.onControl = (status) =>
    dice.oneOf<() => ControlResult>([
      () => ({ type: "done", status }),
      () => ({ type: "failed", error: error() }),
      () => ({ type: "unknown" }),
      refused,
    ])();
  hub.snapshot = () =>
    Promise.resolve(dice.oneOf([
      { type: "picture" as const, bytes: Uint8Array.of(1), age: 5 },
      { type: "none" as const, detail: "x", advice: "" },
      { type: "failed" as const, error: error() },
      { type: "unknown" as const },
    ]));
  const clip = new ClipSource(world.clock, CLIP);
  hub.onOpen = () =>
    Promise.resolve(
      dice.oneOf<() => OpenResult>([
        () => ({ type: "source", source: clip }),
        () => ({ type: "failed", error: error() }),
        () => ({ type: "budget", retryAfter: dice.upTo(1e6), detail: "x", advice: "" }),
        () => ({ type: "unknown" }),
        refused,
      ])(),
    );
  return world;
}

async function documentOf({ request }: ApiWorld): Promise<OpenApiDocument> {
  return await (await request("/openapi.json")).json() as OpenApiDocument;
}

/** Fails unless the answer is one the document knows for this operation. */
async function assertDocumented(
  response: Response,
  operation: Operation,
  document: OpenApiDocument,
  what: string,
): Promise<void> {
  const { status } = response;
  const known = operation.responses[status];
  if (known === undefined) {
    assert.fail(`${what}: ${status} is not documented: ${await response.text()}`);
  }
  const type = response.headers.get("content-type")?.split(";", 1)[0];
  const types = Object.keys(known.content ?? {});
  assert.equal(type, types[0], `${what}: ${status} has another type`);
  const schema = known.content?.[type ?? ""]?.schema;
  if (schema === undefined || !type?.endsWith("json")) return await response.body?.cancel();
  const result = checkerOf(schema, document).safeParse(await response.json());
  assert.ok(result.success, `${what}: ${result.error}`);
}

const CHECKERS = new WeakMap<Schema, z.ZodType>();

function checkerOf(schema: Schema, { components: { schemas: $defs } }: OpenApiDocument): z.ZodType {
  const known = CHECKERS.get(schema);
  if (known !== undefined) return known;
  const inlined = JSON.stringify({ ...schema, $defs })
    .replaceAll("#/components/schemas/", "#/$defs/");
  const checker = z.fromJSONSchema(JSON.parse(inlined));
  CHECKERS.set(schema, checker);
  return checker;
}

/** Asks every operation this often, and returns the statuses that came. */
async function askEverything(seed: number): Promise<readonly number[]> {
  const dice = new Dice(seed);
  const world = anyWorld(dice);
  const document = await documentOf(world);
  const statuses: number[] = [];
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      for (let i = 0; i < REQUESTS_EACH; i++) {
        for (const name of ["front", "yard"]) world.hub.cameras.set(name, openStatus(name));
        world.hub.cameras.delete("back");
        const { path: target, init } = anyRequest(dice, document, path, method, operation);
        const headers = new Headers(init.headers);
        if (dice.chance(0.97)) headers.set("Authorization", BEARER.Authorization);
        if (dice.chance(0.03)) headers.set("Host", "evil.example");
        if (dice.chance(0.03)) headers.set("Origin", "https://evil.example");
        const response = await world.request(target, { ...init, headers });
        const what = `${init.method} ${target.slice(0, 200)} ${String(init.body).slice(0, 300)}`;
        await assertDocumented(response, operation, document, what);
        assert.notEqual(response.status, 500, what);
        statuses.push(response.status);
      }
    }
  }
  assert.deepEqual(world.logged.filter(({ level }) => level === "error"), []);
  return statuses;
}

test("the API answers whatever is asked as its description says, and never with a bug", async () => {
  const statuses = new Set<number>();
  for (const seed of [1, 2, 3]) {
    for (const status of await askEverything(seed)) statuses.add(status);
  }
  // The requests are no good where they do not come this far.
  for (const status of [200, 201, 202, 204, 400, 401, 403, 404, 409, 413, 415, 429, 503, 504]) {
    assert.ok(statuses.has(status), `no request came to ${status}`);
  }
});
