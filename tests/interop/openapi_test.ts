/** The API's description before somebody else's validator. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { apiWorld } from "../support/api_world.ts";
import { missing, run } from "./players.ts";

const VALIDATOR = fileURLToPath(
  new URL(
    "../../scripts/tools/node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js",
    import.meta.url,
  ),
);

const skip = existsSync(VALIDATOR)
  ? missing("node", "--version")
  : "the developers' tools are not installed";

/** What the validator says of a document. It reads files only. */
async function validate(text: string): Promise<{ valid: boolean; errors?: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-openapi-"));
  try {
    const file = join(folder, "openapi.json");
    await writeFile(file, text);
    const { stdout, stderr } = await run("node", [VALIDATOR, file]);
    assert.equal(stderr, "");
    return JSON.parse(stdout) as { valid: boolean; errors?: unknown };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("GET /openapi.json is valid OpenAPI 3.1", { skip }, async () => {
  const document = await (await apiWorld().request("/openapi.json")).text();
  assert.deepEqual(await validate(document), { valid: true });
});

test("the validator that says so finds what is missing", { skip }, async () => {
  const { valid, errors } = await validate('{"openapi":"3.1.0","info":{"title":"x"},"paths":{}}');
  assert.equal(valid, false);
  assert.match(JSON.stringify(errors), /version/);
});
