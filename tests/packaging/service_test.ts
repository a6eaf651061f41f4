/** Unit and service script as the tools of those who run them see them. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { loadConfig } from "../../lib/config/load_config.ts";
import { procdScript } from "../../lib/service/procd_script.ts";
import { SAMPLE_CONFIG } from "../../lib/service/sample_config.ts";
import { systemdUnit } from "../../lib/service/systemd_unit.ts";
import { missing, run } from "../interop/players.ts";

/** systemd's own scale goes from 0, safest, to 10; most services are above 9. */
const MAX_EXPOSURE = 1.3;

async function withFile(name: string, text: string, body: (path: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "sightline-service-"));
  try {
    const path = join(folder, name);
    await writeFile(path, text);
    await body(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const skipSystemd = missing("systemd-analyze", "--version");

for (const lowMemory of [false, true]) {
  // The path must be one of a program for `verify` to be content.
  const unit = systemdUnit({ binary: process.execPath, lowMemory });
  const name = lowMemory ? "the unit with --low-memory" : "the unit";

  test(
    `systemd-analyze verify has nothing to say about ${name}`,
    { skip: skipSystemd },
    async () => {
      await withFile("sightline.service", unit, async (path) => {
        const { code, stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", path]);
        assert.equal(stdout + stderr, "");
        assert.equal(code, 0);
      });
    },
  );

  test(`systemd-analyze security finds ${name} safe`, { skip: skipSystemd }, async () => {
    await withFile("sightline.service", unit, async (path) => {
      const { stdout, stderr } = await run("systemd-analyze", [
        "security",
        "--offline=true",
        "--no-pager",
        path,
      ]);
      const exposure = /Overall exposure level for sightline.service: ([\d.]+)/.exec(stdout)?.[1];
      assert.ok(Number(exposure) <= MAX_EXPOSURE, `${exposure} ${stderr}`);
    });
  });
}

for (const lowMemory of [false, true]) {
  const script = procdScript({ binary: "/usr/bin/sightline", lowMemory });

  test(
    `shellcheck has nothing to say about the procd script${lowMemory ? " with --low-memory" : ""}`,
    { skip: missing("shellcheck", "--version") },
    async () => {
      await withFile("sightline", script, async (path) => {
        const { stdout, stderr } = await run("shellcheck", ["--shell=dash", path]);
        assert.equal(stdout + stderr, "");
      });
    },
  );
}

/** What OpenWrt's /etc/rc.common, /lib/functions.sh and procd.sh would do, told instead. */
const OPENWRT = `
group_add_next() { echo "group $1" >&2; echo 32768; }
user_exists() { false; }
user_add() { echo "user $1 uid=$2 gid=$3" >&2; }
chgrp() { echo "chgrp $*" >&2; }
chmod() { echo "chmod $*" >&2; }
procd_open_instance() { echo "open" >&2; }
procd_set_param() { echo "set $*" >&2; }
procd_close_instance() { echo "close" >&2; }
procd_send_signal() { echo "signal $*" >&2; }
`;

const shell = missing("busybox") ? ["sh"] : ["busybox", "ash"];

test("the procd script starts the daemon as an account of its own, and forever", async () => {
  await withFile(
    "sightline",
    procdScript({ binary: "/usr/bin/sightline", lowMemory: true }),
    async (path) => {
      const [program = "", ...args] = shell;
      const text =
        `set -u\n${OPENWRT}\n. ${path}\necho "procd=$USE_PROCD $START $STOP" >&2\nstart_service\nreload_service\n`;
      const { code, stderr } = await run(program, [...args, "-c", text]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(stderr.trim().split("\n"), [
        "procd=1 95 10",
        "group sightline",
        "user sightline uid= gid=32768",
        "chgrp -R sightline /etc/sightline",
        "chmod -R g+rX,o-rwx /etc/sightline",
        "open",
        "set command /usr/bin/sightline serve --config /etc/sightline/sightline.yaml --low-memory",
        "set user sightline",
        "set no_new_privs 1",
        "set respawn 3600 5 0",
        "set term_timeout 20",
        "set stdout 1",
        "set stderr 1",
        "close",
        "signal sightline",
      ]);
    },
  );
});

test("the sample configuration is good, and still is with all its comments taken away", async () => {
  const bare = SAMPLE_CONFIG.replace("cameras: {}", "cameras:").replace(/^#(?= {2}|\S)/gm, "");
  for (const text of [SAMPLE_CONFIG, bare]) {
    const config = await loadConfig({
      file: "sightline.yaml",
      text,
      env: { CREDENTIALS_DIRECTORY: "/run/credentials/sightline.service" },
      readSecretFile: (path) => Promise.resolve(path),
    });
    assert.equal(config.cameras.length, text === bare ? 2 : 0);
    for (const { name, address } of config.cameras) {
      const secret = address.credentials?.password?.reveal();
      assert.equal(secret, `/run/credentials/sightline.service/secrets_${name}`);
    }
  }
});
