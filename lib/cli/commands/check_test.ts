import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../../tests/support/command.ts";
import { checkCommand } from "./check.ts";
import { readConfigFile } from "../config_file.ts";
import { readTextFile } from "../../io/text_file.ts";

async function withFiles(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-check-"));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("sightline check prints every mistake with its line and exits with 2", async () => {
  await withFiles({ "s.yaml": "api:\n  lisen: x\nrtsp: 5\n" }, async (folder) => {
    const file = join(folder, "s.yaml");
    const { code, out, complaint } = await runCommand(checkCommand, [file]);
    assert.equal(code, 2);
    assert.deepEqual(out, [
      `${file}:2:3: api.lisen is no setting; did you mean listen?`,
      `${file}:3:7: rtsp must be a section with settings of its own: is a single value`,
    ]);
    assert.equal(complaint, `${file} has 2 mistakes`);
    const json = await runCommand(checkCommand, [file, "--json"]);
    assert.deepEqual(JSON.parse(json.out[0] ?? ""), {
      file,
      line: 2,
      column: 3,
      path: "api.lisen",
      text: "is no setting; did you mean listen?",
    });
  });
});

test("sightline check finds a good file good", async () => {
  const text = "cameras: { a: { address: 'dahua://u:${PW}@4K0123PAZ00001' } }";
  await withFiles({ "s.yaml": text }, async (folder) => {
    const file = join(folder, "s.yaml");
    const { code, out } = await runCommand(checkCommand, [file], { env: { PW: "x" } });
    assert.deepEqual([code, out], [0, [`${file} is good: 1 camera`]]);
  });
});

test("readConfigFile() takes secrets from files beside the configuration, wherever it is run", async () => {
  const text = "rtsp: { users: [{ name: a, password_file: a.secret }] }";
  await withFiles({ "s.yaml": text, "a.secret": "s3cret\n" }, async (folder) => {
    const { rtsp } = await readConfigFile(join(folder, "s.yaml"), { readTextFile, env: {} });
    assert.equal(rtsp.users[0]?.password.reveal(), "s3cret");
  });
});

test("readConfigFile() refuses a file that is too large, and a secret that is", async () => {
  const text = "rtsp: { users: [{ name: a, password_file: a.secret }] }";
  const files = {
    "large.yaml": "#".repeat(300_000),
    "s.yaml": text,
    "a.secret": "x".repeat(5_000),
  };
  await withFiles(files, async (folder) => {
    const context = { readTextFile, env: {} };
    await assert.rejects(readConfigFile(join(folder, "large.yaml"), context), {
      name: "FileError",
      code: "too-large",
    });
    await assert.rejects(readConfigFile(join(folder, "s.yaml"), context), /at most 4096 bytes/);
  });
});

test("sightline check --schema prints the schema", async () => {
  const { out } = await runCommand(checkCommand, ["--schema"]);
  assert.equal(JSON.parse(out.join("\n")).title, "sightline configuration");
});

test("sightline check needs one file", async () => {
  for (const args of [[], ["a", "b"], ["--schema", "a"]]) {
    assert.equal((await runCommand(checkCommand, args)).code, 2);
  }
});
