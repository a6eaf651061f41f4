import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWorld } from "../tests/support/api_world.ts";
import type { OpenApiDocument } from "../tests/support/random_request.ts";
import { createRoutes } from "./app.ts";
import { DEFAULT_APP_LIMITS } from "./app_options.ts";
import { EventStreams } from "./event_streams.ts";

/** As the README promises them. */
const PROMISED: readonly string[] = [
  "DELETE /api/v1/cameras/{name}",
  "GET /api/v1/cameras",
  "GET /api/v1/cameras/{name}",
  "GET /api/v1/cameras/{name}/keyframe.mp4",
  "GET /api/v1/cameras/{name}/live.mp4",
  "GET /api/v1/cameras/{name}/snapshot.jpg",
  "GET /api/v1/cameras/{name}/wakes",
  "GET /api/v1/events",
  "GET /config.schema.json",
  "GET /livez",
  "GET /metrics",
  "GET /openapi.json",
  "GET /readyz",
  "POST /api/v1/cameras/{name}/start",
  "POST /api/v1/cameras/{name}/stop",
  "POST /api/v1/doctor",
  "PUT /api/v1/cameras/{name}",
];

async function documentOf({ request }: ReturnType<typeof apiWorld>): Promise<OpenApiDocument> {
  return await (await request("/openapi.json")).json() as OpenApiDocument;
}

test("GET /openapi.json describes what is promised", async () => {
  const { paths } = await documentOf(apiWorld());
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
  );
  for (const promised of PROMISED) assert.ok(described.includes(promised), promised);
});

test("GET /openapi.json describes exactly the routes there are", async () => {
  const { appOptions, ...world } = apiWorld();
  const { hub, clock } = appOptions;
  const streams = new EventStreams(hub.events, clock, 1);
  const { routes } = createRoutes(appOptions, DEFAULT_APP_LIMITS, streams);
  const actual = routes.filter(({ method, path }) => method !== "ALL" && isDescribed(path))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const { paths } = await documentOf({ appOptions, ...world });
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
  );
  assert.deepEqual([...new Set(actual)].sort(), described.sort());
});

/** The console page and what it loads are no part of the API. */
function isDescribed(path: string): boolean {
  return path !== "/" && !path.startsWith("/console/");
}

test("GET /config.schema.json knows the sections of the file, and refuses others", async () => {
  const { request } = apiWorld();
  const schema = await (await request("/config.schema.json")).json() as Record<string, unknown>;
  assert.equal(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  assert.equal(schema["additionalProperties"], false);
  assert.deepEqual(Object.keys(schema["properties"] ?? {}), [
    "api",
    "rtsp",
    "cameras",
    "webhooks",
    "mqtt",
    "log",
    "recorder",
  ]);
});
