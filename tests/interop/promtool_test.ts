/** Our metrics before Prometheus' own linter. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { apiWorld } from "../support/api_world.ts";
import { openStatus } from "../support/fake_hub.ts";
import { missing, run } from "./players.ts";

const skip = missing("promtool", "--version");

const check = (text: string) =>
  run("promtool", ["check", "metrics"], { stdin: new TextEncoder().encode(text) });

test("promtool has nothing to say against GET /metrics", { skip }, async () => {
  const { request, hub } = apiWorld();
  hub.cameras.set("front", openStatus("front"));
  const { code, stdout, stderr } = await check(await (await request("/metrics")).text());
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
});

test("promtool finds a metric without help", { skip }, async () => {
  const { code, stdout, stderr } = await check("# TYPE x_total counter\nx_total 1\n");
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /no help text/);
});
