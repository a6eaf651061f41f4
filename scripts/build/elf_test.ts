import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { readElf } from "./elf.ts";

test("readElf() says what readelf says of the program this runs on", (t) => {
  const file = process.execPath;
  const read = (flag: string) => spawnSync("readelf", [flag, "-W", file], { encoding: "utf8" });
  if (process.platform !== "linux" || read("-h").status !== 0) return t.skip("needs readelf");
  const needs = readElf(readFileSync(file));
  const libraries = [...read("-d").stdout.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) =>
    name
  );
  assert.deepEqual(needs?.libraries, libraries);
  assert.ok(libraries.length > 0);
  assert.equal(needs.interpreter, /interpreter: (.*)\]/.exec(read("-l").stdout)?.[1]);
  assert.equal(needs.machine, process.arch);
  const asked = [...read("-V").stdout.matchAll(/Name: GLIBC_([\d.]+)/g)].map(([, version]) =>
    version
  );
  const glibc = needs.versions.get("GLIBC");
  assert.ok(asked.includes(glibc), `${glibc}`);
  const weight = (version = "") =>
    version.split(".").reduce((sum, n) => sum * 1_000 + Number(n), 0);
  const minor = (version = "") => weight(version.split(".").slice(0, 2).join("."));
  assert.ok(asked.every((version) => minor(version) <= minor(glibc)));
});

test("readElf() gives nothing for a file of another kind", () => {
  assert.equal(readElf(new Uint8Array(100)), undefined);
  assert.equal(readElf(new TextEncoder().encode("#!/bin/sh\n")), undefined);
});
