import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { missing, run } from "../../../tests/interop/players.ts";
import { runCommand } from "../../../tests/support/command.ts";
import { COMMON_OPTIONS } from "../args.ts";
import { allCommands } from "../commands.ts";
import { completionsCommand } from "./completions.ts";

const command = completionsCommand(allCommands);

async function script(shell: string): Promise<string> {
  return (await runCommand(command, [shell])).out.join("\n");
}

/** Runs a shell on some text, with a `sightline` on its path that knows two cameras. */
async function inShell(shell: string, args: readonly string[], text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-shell-"));
  try {
    const cameras = ["front", "yard"].map((name) => `{"name":"${name}","vendor":"dahua"}`);
    await writeFile(
      join(folder, "sightline"),
      `#!/bin/sh\nprintf '%s\\n' '${cameras.join("' '")}'\n`,
    );
    await chmod(join(folder, "sightline"), 0o755);
    const file = join(folder, "script");
    await writeFile(file, text);
    const PATH = folder + delimiter + (process.env["PATH"] ?? "");
    const { code, stdout, stderr } = await run(shell, [...args, file], {
      env: { PATH, HOME: folder },
    });
    assert.equal(stderr, "");
    assert.equal(code, 0);
    return stdout.trim();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What is typed so far, the last word unfinished, and what it may become. */
const TYPED: readonly [readonly string[], readonly string[]][] = [
  [["sta"], ["start", "status"]],
  [["start", ""], ["front", "yard"]],
  [["stop", "fr"], ["front"]],
  [["start", "front", "--wait", ""], ["frame"]],
  [["list", "--log-level", "d"], ["debug"]],
  [["completions", ""], ["bash", "fish", "zsh"]],
];

const skipBash = missing("bash", "--version");

for (const [words, expected] of TYPED) {
  test(`bash completes sightline ${words.join(" ")}`, { skip: skipBash }, async () => {
    const typed = ["sightline", ...words].map((word) => `'${word}'`).join(" ");
    const text = `${await script("bash")}
COMP_WORDS=(${typed}) COMP_CWORD=${words.length}
_sightline
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const found = (await inShell("bash", [], text)).split("\n").sort();
    assert.deepEqual(found, expected);
  });
}

test("bash completes options of a command after a dash", { skip: skipBash }, async () => {
  const text = `${await script("bash")}
COMP_WORDS=(sightline start front --) COMP_CWORD=3
_sightline
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const options = (await inShell("bash", [], text)).split("\n");
  for (const option of ["--for", "--wait", "--timeout", "--url", "--token", "--json"]) {
    assert.ok(options.includes(option), option);
  }
});

const skipFish = missing("fish", "--version");

for (const [words, expected] of TYPED) {
  test(`fish completes sightline ${words.join(" ")}`, { skip: skipFish }, async () => {
    const line = ["sightline", ...words].join(" ");
    const text = `${await script("fish")}\ncomplete -C '${line}'`;
    const found = (await inShell("fish", ["--no-config"], text)).split("\n")
      .map((one) => one.split("\t", 1)[0] ?? "").sort();
    assert.deepEqual(found, expected);
  });
}

test("zsh reads its completions", { skip: missing("zsh", "--version") }, async () => {
  const text = `autoload -Uz compinit && compinit -u -D\n${await script(
    "zsh",
  )}\nwhence -w _sightline`;
  assert.equal(await inShell("zsh", ["-f"], text), "_sightline: function");
});

for (const { name, help, options = {} } of await allCommands()) {
  test(`sightline ${name} --help tells every option the command has, and no other`, () => {
    const own = [...options.values ?? [], ...options.flags ?? []];
    const common = [...COMMON_OPTIONS.values ?? [], ...COMMON_OPTIONS.flags ?? []];
    const told = [...help.matchAll(/(?:^ {2}|\[)--([a-z][a-z-]*)/gm)].map(([, option = ""]) =>
      option
    );
    for (const option of own) assert.ok(told.includes(option), `--${option} is not in its help`);
    for (const option of told) {
      assert.ok([...own, ...common].includes(option), `--${option} is in its help alone`);
    }
  });
}

test("sightline completions needs a shell it knows", async () => {
  for (const args of [[], ["tcsh"], ["bash", "zsh"]]) {
    assert.equal((await runCommand(command, args)).code, 2);
  }
  assert.match((await runCommand(command, ["fishy"])).complaint, /did you mean fish\?/);
});
