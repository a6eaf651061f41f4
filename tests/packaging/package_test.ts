/** The Debian package as its tools see it, around a program that is quickly packed. */

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sha256 } from "../../scripts/build/build.ts";
import { mustCommand } from "../../scripts/build/command.ts";
import { debianToolsMissing, makeDebianPackage } from "../../scripts/package/debian.ts";
import { missing, run } from "../interop/players.ts";

const skip = await debianToolsMissing() ?? false;

const folder = await mkdtemp(join(tmpdir(), "sightline-package-"));
after(() => rm(folder, { recursive: true }));

let packing: Promise<string> | undefined;

function packed(): Promise<string> {
  return packing ??= pack("first");
}

async function pack(out: string): Promise<string> {
  const licences = join(folder, "LICENCES.txt");
  await writeFile(licences, "licences\n");
  return await makeDebianPackage({
    binary: "/bin/true",
    licences,
    version: "1.2.3",
    commit: "of a test",
    date: "2026-01-31T12:00:00Z",
    out: join(folder, out),
    inHurry: true,
  });
}

const LIMITS = { timeout: 120_000 };

test("makeDebianPackage() puts everything where Debian has it, owned by root", {
  skip,
  ...LIMITS,
}, async () => {
  const path = await packed();
  assert.match(path, /sightline_1\.2\.3_(amd64|arm64)\.deb$/);
  const listed = await mustCommand(["dpkg-deb", "--contents", path]);
  const entries = listed.trim().split("\n").map((line) => line.split(/\s+/));
  const modes = new Map(entries.map(([mode, owner, , , , name]) => [name, `${mode} ${owner}`]));
  const files = {
    "./usr/bin/sightline": "-rwxr-xr-x",
    "./lib/systemd/system/sightline.service": "-rw-r--r--",
    "./etc/sightline/sightline.yaml": "-rw-r--r--",
    "./etc/sightline/secrets/": "drwx------",
    "./usr/share/man/man1/sightline.1.gz": "-rw-r--r--",
    "./usr/share/bash-completion/completions/sightline": "-rw-r--r--",
    "./usr/share/zsh/vendor-completions/_sightline": "-rw-r--r--",
    "./usr/share/fish/vendor_completions.d/sightline.fish": "-rw-r--r--",
  };
  for (const [name, mode] of Object.entries(files)) {
    assert.equal(modes.get(name), `${mode} root/root`, name);
  }
  const about = await mustCommand(["dpkg-deb", "--field", path]);
  assert.match(about, /^Depends: libc6 \(>= 2\.\d+\)$/m);
  assert.match(about, /^Breaks: systemd \(<< \d+\)$/m);
  const conffiles = await mustCommand(["dpkg-deb", "--info", path, "conffiles"]);
  assert.equal(conffiles, "/etc/sightline/sightline.yaml\n");
});

test("makeDebianPackage() makes the same bytes again", { skip, ...LIMITS }, async () => {
  const paths = [await packed(), await pack("second")];
  const sums = await Promise.all(paths.map(async (path) => sha256(await readFile(path))));
  assert.equal(sums[0], sums[1]);
});

test("lintian finds neither errors nor warnings in the Debian package", {
  skip: skip || missing("lintian", "--version"),
  ...LIMITS,
}, async () => {
  const args = ["--fail-on", "error,warning", "--allow-root", await packed()];
  const { code, stdout, stderr } = await run("lintian", args, { limit: LIMITS.timeout });
  assert.equal(code, 0, stdout + stderr);
});

test("groff has nothing to say about the manual page", {
  skip: skip || missing("groff", "--version"),
  ...LIMITS,
}, async () => {
  const root = join(folder, "root");
  await mustCommand(["dpkg", "--extract", await packed(), root]);
  const page = join(root, "usr/share/man/man1/sightline.1.gz");
  const text = await mustCommand(["gzip", "--decompress", "--stdout", page]);
  const { code, stderr } = await run("groff", ["-man", "-Tutf8", "-ww", "-z", "-Kutf8"], {
    stdin: new TextEncoder().encode(text),
  });
  assert.equal(code, 0);
  assert.equal(stderr, "");
});
