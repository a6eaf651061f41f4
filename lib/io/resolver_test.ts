import { test } from "node:test";
import assert from "node:assert/strict";
import { ResolveError } from "./errors.ts";
import { resolveHost } from "./resolver.ts";

const { signal } = new AbortController();

test("resolveHost() takes an IPv4 address as its own answer", async () => {
  assert.equal(await resolveHost("192.0.2.1", signal), "192.0.2.1");
});

test("resolveHost() rejects an empty name", async () => {
  await assert.rejects(resolveHost("", signal), /Cannot resolve "" as a host name/);
});

test("resolveHost() rejects when it is called off", async () => {
  await assert.rejects(
    resolveHost("camera.invalid", AbortSignal.abort()),
    (error) => error instanceof ResolveError && error.code === "aborted",
  );
});
