/** The binary for this machine: made twice, it is the same; and it does what the sources do. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import manifest from "../../package.json" with { type: "json" };
import { sha256 } from "../../scripts/build/build.ts";
import { hostTarget } from "../../scripts/build/targets.ts";
import { missing, run } from "../interop/players.ts";
import { runtimeCommand } from "../netns/child.ts";
import { buildSnapshot, type BuiltHere, snapshot } from "../support/built_binary.ts";
import { daemonJourney, demoJourney } from "../support/journey.ts";

const skip = hostTarget(process) === undefined && "no binary is made for this machine";
const folder = mkdtempSync(join(tmpdir(), "sightline-binary-"));
after(() => rmSync(folder, { recursive: true }));

/** Made by the first test that needs them. */
let sources: Promise<string> | undefined;
let first: Promise<BuiltHere> | undefined;
const build = async (out: string) =>
  await buildSnapshot(await (sources ??= snapshot(join(folder, "sources"))), join(folder, out));
const built = () => first ??= build("first");

test("deno task build makes the same bytes in another folder", {
  skip,
  timeout: 300_000,
}, async () => {
  const again = await build(join("second", "deeper"));
  const one = await built();
  assert.ok((await readFile(one.binary)).equals(await readFile(again.binary)), "binaries differ");
  for (const name of ["SHA256SUMS", "LICENCES.txt", "sightline.cdx.json"]) {
    const texts = [one, again].map(({ out }) => readFile(join(out, name), "utf8"));
    assert.equal(...await Promise.all(texts) as [string, string], name);
  }
});

test("deno task build lists digests of everything it made", { skip }, async () => {
  const { out, name } = await built();
  const sums = (await readFile(join(out, "SHA256SUMS"), "utf8")).trimEnd().split("\n");
  assert.deepEqual(sums.map((line) => line.slice(66)), [
    name,
    "LICENCES.txt",
    "sightline.cdx.json",
  ]);
  for (const line of sums) {
    assert.equal(line.slice(0, 64), sha256(await readFile(join(out, line.slice(66)))));
  }
});

test(
  "deno task build describes what is in a binary as CycloneDX, with each licence",
  { skip },
  async () => {
    const { out, name } = await built();
    const bom = JSON.parse(await readFile(join(out, "sightline.cdx.json"), "utf8"));
    assert.equal(bom.bomFormat, "CycloneDX");
    assert.match(
      bom.serialNumber,
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.equal(bom.metadata.component.name, "sightline");
    const names = bom.components.map((component: { name: string }) => component.name);
    const wanted = [...Object.keys(manifest.dependencies), "bun", name];
    assert.deepEqual(wanted.filter((wish) => !names.includes(wish)), []);
    assert.doesNotMatch(JSON.stringify(bom), /\/tmp\/|sightline-build-/);
    const licences = `\n${await readFile(join(out, "LICENCES.txt"), "utf8")}`;
    for (const { type, name, version } of bom.components) {
      if (type === "library") assert.ok(licences.includes(`\n${name} ${version}: `), name);
    }
  },
);

test("sightline version tells what a binary was made of", { skip }, async () => {
  const { binary } = await built();
  const { stdout } = await run(binary, ["version", "--json"]);
  const told = JSON.parse(stdout);
  assert.equal(told.version, manifest.version);
  assert.equal(told.target, hostTarget(process)?.name);
  assert.match(told.commit, /^([0-9a-f]{40}\+changes|unknown)$/);
  assert.match(told.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const { stdout: licences } = await run(binary, ["version", "--licenses"]);
  for (const name of Object.keys(manifest.dependencies)) {
    assert.ok(licences.includes(`${name} `), name);
  }
  assert.match(licences, /GNU LESSER GENERAL PUBLIC LICENSE/);
});

test(
  "a binary reads no .env file and no bunfig.toml of the folder it is run in",
  { skip },
  async () => {
    const { binary } = await built();
    const { stdout, code } = await run("sh", [
      "-c",
      `cd "$1" && echo SIGHTLINE_URL=http://127.0.0.1:9 > .env && echo 'preload = ["./no.ts"]' > bunfig.toml &&
     "$2" list; echo "code $?"`,
      "sh",
      folder,
      binary,
    ], { env: { SIGHTLINE_URL: "http://127.0.0.1:1" } });
    assert.equal(code, 0);
    assert.match(stdout, /code 6/);
  },
);

test("sightline demo works as a binary", { skip }, async () => {
  await demoJourney([(await built()).binary]);
});

test("sightline serve works as a binary, also with --low-memory", { skip }, async () => {
  const { binary } = await built();
  await daemonJourney([binary]);
  await daemonJourney([binary], ["--low-memory"]);
});

/** Runs what follows as nobody, on a read-only system, its log on a disk that is full. */
const HARD_PLACE = `
set -eu
state=$1; shift
mount --make-rprivate /
mount -t tmpfs -o size=64k tmpfs "$state"
head -c 1M /dev/zero > "$state/log" 2> /dev/null || true
chmod 666 "$state/log"
mount -o remount,bind,ro /
exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs --bounding-set=-all \
  "$@" 2>> "$state/log"
`;

const skipHard = skip || (process.getuid?.() !== 0 && "needs root") ||
  missing("unshare", "--version") || missing("setpriv", "--version");

test("a binary works for nobody, on a read-only system, with a full disk", {
  skip: skipHard,
}, async () => {
  const { binary } = await built();
  const state = join(folder, "state");
  await mkdir(state);
  await chmod(folder, 0o755);
  await daemonJourney(["unshare", "--mount", "sh", "-c", HARD_PLACE, "sh", state, binary]);
});

test("sightline demo works from its sources", async () => {
  await demoJourney(runtimeCommand("main.ts"));
});

test("sightline serve works from its sources", async () => {
  await daemonJourney(runtimeCommand("main.ts"));
});
