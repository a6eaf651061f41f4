import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FileError } from "./errors.ts";
import {
  checkPrivateFolder,
  FileAppender,
  overwriteFile,
  pruneFiles,
  writePrivateFile,
} from "./file_appender.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);

function fail(error: FileError): void {
  throw error;
}

test("FileAppender writes everything in order, through changes of files at any time", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "now");
    const file = await FileAppender.create(path, fail);
    file.append(bytes("a"));
    // Into the middle of a write that has begun.
    await Promise.resolve();
    await Promise.resolve();
    file.append(bytes("b"));
    file.rotate(join(folder, "1"));
    file.append(bytes("c"));
    file.rotate(join(folder, "2"));
    file.append(bytes("d"));
    await file.close();
    const texts = ["1", "2", "now"].map((name) => readFile(join(folder, name), "utf8"));
    assert.deepEqual(await Promise.all(texts), ["ab", "c", "d"]);
  });
});

test("FileAppender refuses what the disk is too slow for", async () => {
  await withFolder(async (folder) => {
    const file = await FileAppender.create(join(folder, "a"), fail);
    const chunk = new Uint8Array(1 << 20);
    const taken = Array.from({ length: 20 }, () => file.append(chunk)).filter(Boolean).length;
    assert.equal(taken, 8);
    await file.close();
  });
});

test("FileAppender tells of a disk that fails once, and takes nothing more", async () => {
  await withFolder(async (folder) => {
    const errors: FileError[] = [];
    const file = await FileAppender.create(join(folder, "a"), (error) => errors.push(error));
    file.rotate(join(folder, "none", "b"));
    file.append(bytes("a"));
    await file.close();
    assert.equal(errors.length, 1);
    assert.equal(file.append(bytes("b")), false);
  });
});

test("FileAppender.create() rejects where there can be no file", async () => {
  await assert.rejects(FileAppender.create("/nowhere/at/all", fail), FileError);
});

test("pruneFiles() keeps the last files of its own, and every other", async () => {
  await withFolder(async (folder) => {
    const inner = join(folder, "new");
    for (const name of ["a-1", "a-2", "a-3", "b-1"]) {
      await writePrivateFile(inner, name, bytes(name));
    }
    await pruneFiles(inner, /^a-/, { files: 2, bytes: 1_000 });
    assert.deepEqual((await readdir(inner)).sort(), ["a-2", "a-3", "b-1"]);
  });
});

test("pruneFiles() keeps so many bytes, and the last file whatever its size", async () => {
  await withFolder(async (folder) => {
    for (const name of ["a-1", "a-2", "a-3"]) await writePrivateFile(folder, name, bytes("1234"));
    await pruneFiles(folder, /^a-/, { files: 9, bytes: 8 });
    assert.deepEqual((await readdir(folder)).sort(), ["a-2", "a-3"]);
    await pruneFiles(folder, /^a-/, { files: 9, bytes: 1 });
    assert.deepEqual(await readdir(folder), ["a-3"]);
  });
});

test("checkPrivateFolder() creates a folder, and rejects where a file is in its place", async () => {
  await withFolder(async (folder) => {
    const inner = join(folder, "new");
    await checkPrivateFolder(inner);
    assert.equal((await stat(inner)).mode & 0o777, 0o700);
    await writePrivateFile(folder, "file", bytes("a"));
    await assert.rejects(checkPrivateFolder(join(folder, "file")), FileError);
    await assert.rejects(writePrivateFile(join(folder, "file"), "a", bytes("a")), FileError);
  });
});

test("overwriteFile() puts bytes in place of others, and rejects where there can be none", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "a");
    for (const text of ["long enough", "short"]) await overwriteFile(path, bytes(text));
    assert.equal(await readFile(path, "utf8"), "short");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await assert.rejects(overwriteFile(join(folder, "none", "a"), bytes("")), FileError);
  });
});
