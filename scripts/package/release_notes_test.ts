import assert from "node:assert/strict";
import { test } from "node:test";
import { type ReleaseNotes, releaseNotes } from "./release_notes.ts";

const NOTES: ReleaseNotes = {
  version: "0.2.0",
  commit: "0123456789abcdef0123456789abcdef01234567",
  date: "2026-01-31T12:00:00Z",
  since: "v0.1.0",
  changes: ["Second change", "A *first* | change"],
  files: [
    { name: "sightline-linux-x64", bytes: 123_312_304, about: "glibc 2.17 or later" },
    { name: "LICENCES.txt", bytes: 104_148, about: "licences" },
  ],
  missing: [{ name: "sightline-deno-linux-x64", problem: "its runtime cannot be had" }],
};

test("releaseNotes() lists changes, files, and what is missing with its reason", () => {
  const text = releaseNotes(NOTES);
  assert.match(text, /^# sightline 0\.2\.0\n\nCommit 0123456789\w+ of 2026-01-31\.\n/);
  assert.match(
    text,
    /\n## Changes since v0\.1\.0\n\n- Second change\n- A \\\*first\\\* \\\| change\n/,
  );
  assert.match(text, /\n\| sightline-linux-x64 \| 123\.3 MB \| glibc 2\.17 or later \|\n/);
  assert.match(text, /\n\| LICENCES\.txt \| 105 kB \| licences \|\n/);
  assert.match(text, /\n## Not built\n\n- sightline-deno-linux-x64: its runtime cannot be had\n/);
});

test("releaseNotes() of a first and whole release says neither since when nor what is missing", () => {
  const text = releaseNotes({ ...NOTES, since: undefined, changes: [], missing: [] });
  assert.match(text, /\n## Changes\n\nNone\.\n/);
  assert.doesNotMatch(text, /Not built/);
});
