/** On Deno, the program needs no more than a Deno build is given. */
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DENO_PERMISSIONS } from "../../scripts/build/deno_permissions.ts";
import { daemonJourney, demoJourney } from "../support/journey.ts";

const skip = !("Deno" in globalThis) && "Bun has no permissions";
const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
const options = ["run", "--no-prompt", "--no-check", ...DENO_PERMISSIONS, main];

test("demo and daemon work with the permissions of a Deno build", { skip }, async () => {
  await demoJourney([process.execPath, ...options]);
  await daemonJourney([process.execPath, ...options]);
});
