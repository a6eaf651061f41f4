/** The container image: what is in it, and that it does what the sources do, as a container. */

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { mustCommand } from "../../scripts/build/command.ts";
import { sha256 } from "../../scripts/build/build.ts";
import {
  type ContainerOptions,
  containerToolsMissing,
  makeContainer,
} from "../../scripts/package/container.ts";
import { missing, run } from "../interop/players.ts";
import { buildSnapshot, snapshot } from "../support/built_binary.ts";
import { daemonJourney, demoJourney } from "../support/journey.ts";

const VERSION = "1.2.3";
const IMAGE = `localhost/sightline:${VERSION}`;

const skip = (process.env["SIGHTLINE_LONG"] === undefined && "SIGHTLINE_LONG is not set") ||
  (await containerToolsMissing() ?? false);
const skipRun = skip || missing("podman", "--version") || missing("runc", "--version");

const folder = await mkdtemp(join(tmpdir(), "sightline-container-test-"));
// Bun gives a hook that waits five seconds, which is too little for images.
after(() => rmSync(folder, { recursive: true, force: true }));

let making: Promise<ContainerOptions> | undefined;

/** The image of the sources as they are, made once. */
function made(): Promise<ContainerOptions> {
  return making ??= (async () => {
    const sources = await snapshot(join(folder, "sources"));
    const { out, binary } = await buildSnapshot(sources, join(folder, "dist"));
    const options = {
      binary,
      licences: join(out, "LICENCES.txt"),
      version: VERSION,
      commit: "of a test",
      date: "2026-01-31T12:00:00Z",
      out: join(folder, "image.tar"),
    };
    await makeContainer(options);
    return options;
  })();
}

test("the container image is the same however often it is made", {
  skip,
  timeout: 600_000,
}, async () => {
  const options = await made();
  const again = { ...options, out: join(folder, "again.tar") };
  await makeContainer(again);
  const sums = [options, again].map(async ({ out }) => sha256(await readFile(out)));
  const [one, other] = await Promise.all(sums);
  assert.equal(one, other);
});

test("the container image has the program, the C library, and no way to be root", {
  skip,
  timeout: 600_000,
}, async () => {
  const { out } = await made();
  const layout = join(folder, "layout");
  await mkdir(layout);
  await mustCommand(["tar", "-xf", out, "-C", layout]);
  const blob = (digest: string) => join(layout, "blobs", digest.replace(":", "/"));
  const index = JSON.parse(await readFile(join(layout, "index.json"), "utf8"));
  const manifest = JSON.parse(await readFile(blob(index.manifests[0].digest), "utf8"));
  const { config } = JSON.parse(await readFile(blob(manifest.config.digest), "utf8"));
  assert.equal(config.User, "65532:65532");
  assert.deepEqual(config.Entrypoint, ["/usr/bin/sightline"]);
  assert.equal(manifest.layers.length, 1);
  const listed = await mustCommand(["tar", "-tvzf", blob(manifest.layers[0].digest)]);
  const entries = listed.trim().split("\n").map((line) => {
    const [mode = "", owner = "", , , , path = ""] = line.split(/\s+/);
    return { mode, owner, path };
  });
  const programs = entries.filter(({ mode }) => /^-.*x/.test(mode)).map(({ path }) => path);
  assert.deepEqual(programs.filter((path) => !/\.so(\.\d+)?$/.test(path)), ["usr/bin/sightline"]);
  assert.deepEqual(entries.filter(({ mode }) => !/^[-d](rwx|rw-)r-[-x]r-[-x]$/.test(mode)), []);
  const owned = entries.filter(({ owner }) => owner !== "0/0").map(({ path }) => path);
  assert.deepEqual(owned, ["var/lib/sightline/"]);
});

test("the image does all that the sources do in a read-only container without any capability", {
  skip: skipRun,
  timeout: 600_000,
}, async () => {
  const { out } = await made();
  const store = [`--root=${folder}/store`, `--runroot=${folder}/run`, "--storage-driver=vfs"];
  // What works in whatever this runs in, be that a container without all rights itself.
  const podman = ["podman", ...store, "--cgroup-manager=cgroupfs", "--runtime=runc"];
  try {
    await mustCommand([...podman, "load", "--quiet", "--input", out]);
    const container = [
      ...podman,
      "run",
      "--rm",
      "--network=host",
      "--read-only",
      "--cap-drop=all",
      "--security-opt=no-new-privileges",
      "--ulimit=nofile=4096:4096",
      "--ulimit=nproc=1024:1024",
      `--volume=${tmpdir()}:${tmpdir()}:ro`,
      IMAGE,
    ];
    await demoJourney(container);
    await daemonJourney(container);
    // What the image does unless told otherwise.
    const [program = "", ...args] = container;
    const { code, stderr } = await run(program, args, { limit: 60_000 });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /Cannot read "\/etc\/sightline\/sightline\.yaml" as there is no such file/,
    );
  } finally {
    await mustCommand([...podman, "rm", "--all", "--force"]);
  }
});
