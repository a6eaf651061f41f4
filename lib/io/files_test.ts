import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FileError } from "./errors.ts";
import {
  copyFileAtomically,
  makeFolder,
  pathExists,
  removePath,
  writeFileAtomically,
} from "./files.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-files-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("writeFileAtomically() replaces a file and its permissions", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "unit");
    await writeFile(path, "old and longer", { mode: 0o600 });
    await writeFileAtomically(path, "new", 0o644);
    assert.equal(await readFile(path, "utf8"), "new");
    assert.equal(await modeOf(path), 0o644);
    assert.deepEqual(await readdir(folder), ["unit"]);
  });
});

test("writeFileAtomically() gets over what a crash left behind", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "unit");
    await writeFile(`${path}.new`, "half");
    await writeFileAtomically(path, "whole", 0o600);
    assert.deepEqual(await readdir(folder), ["unit"]);
  });
});

test("writeFileAtomically() names the file that it could not write", async () => {
  await withFolder(async (folder) => {
    await mkdir(join(folder, "unit"));
    const inside = join(folder, "unit", "missing", "file");
    await assert.rejects(
      writeFileAtomically(inside, "", 0o600),
      new FileError("not-found", `Cannot write "${inside}" as there is no such file`),
    );
    await assert.rejects(writeFileAtomically(join(folder, "unit"), "", 0o600), FileError);
    assert.deepEqual(await readdir(folder), ["unit"]);
  });
});

test("copyFileAtomically() changes nothing where there is nothing to copy", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "program");
    await writeFile(path, "old");
    await assert.rejects(copyFileAtomically(join(folder, "missing"), path, 0o755), FileError);
    assert.equal(await readFile(path, "utf8"), "old");
    assert.deepEqual(await readdir(folder), ["program"]);
  });
});

test("makeFolder() makes what is missing on the way and leaves what is there", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "etc", "sightline");
    await makeFolder(path, 0o700);
    await makeFolder(path, 0o755);
    assert.equal(await modeOf(path), 0o700);
  });
});

test("removePath() removes a folder with all in it, once or twice", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "etc");
    await mkdir(join(path, "sightline"), { recursive: true });
    await removePath(path);
    await removePath(path);
    assert.equal(await pathExists(path), false);
  });
});
