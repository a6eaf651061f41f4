/**
 * The service on a real Debian: booted with systemd in a container without any network, from what
 * debootstrap makes. Takes minutes, root and the mirror of the machine it runs on.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import manifest from "../../package.json" with { type: "json" };
import { TARGETS } from "../../scripts/build/targets.ts";
import { debianToolsMissing, makeDebianPackage } from "../../scripts/package/debian.ts";
import { missing, run } from "../interop/players.ts";
import { buildSnapshot, snapshot } from "../support/built_binary.ts";

const MINUTE = 60_000;

/** Two versions, so that one can replace the other. */
const VERSIONS = [manifest.version, `${manifest.version}+second`];

const skip = (process.env["SIGHTLINE_LONG"] === undefined && "SIGHTLINE_LONG is not set") ||
  (process.getuid?.() !== 0 && "needs root") ||
  (await debianToolsMissing() ?? false) ||
  missing("debootstrap", "--version") || missing("lintian", "--version") ||
  missing("systemd-nspawn", "--version");

/** Runs a program that must succeed: what it said. */
async function must(command: string, args: readonly string[], limit: number): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { limit });
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${stdout.slice(-4_000)}${stderr}`);
  return stdout;
}

/** Boots the system below `root` until it switches itself off. */
async function boot(root: string): Promise<string> {
  const script = fileURLToPath(new URL("booted.sh", import.meta.url));
  await copyFile(script, join(root, "booted.sh"));
  await chmod(join(root, "booted.sh"), 0o755);
  const units = join(root, "etc/systemd/system");
  await writeFile(
    join(units, "test.service"),
    "[Unit]\nAfter=multi-user.target\n[Service]\nType=oneshot\nExecStart=/booted.sh\n" +
      "ExecStopPost=/bin/systemctl --no-block poweroff\n[Install]\nWantedBy=default.target\n",
  );
  await mkdir(join(units, "default.target.wants"), { recursive: true });
  await symlink("../test.service", join(units, "default.target.wants/test.service"));
  const options = ["--boot", "--register=no", "--keep-unit", "--private-network"];
  await run("systemd-nspawn", ["--directory", root, ...options], { limit: 6 * MINUTE });
  return await readFile(join(root, "result.log"), "utf8");
}

test("the Debian packages pass lintian, and install, run, upgrade and purge on a real Debian", {
  skip,
  timeout: 30 * MINUTE,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-debian-"));
  try {
    const sources = await snapshot(join(folder, "sources"));
    const packages: string[] = [];
    for (const target of TARGETS.filter(({ name }) => /^linux-(x64|arm64)$/.test(name))) {
      const { out, binary } = await buildSnapshot(sources, join(folder, target.name), target);
      const isHost = target.elf === process.arch;
      for (const version of isHost ? VERSIONS : VERSIONS.slice(0, 1)) {
        const made = await makeDebianPackage({
          binary,
          licences: join(out, "LICENCES.txt"),
          version,
          commit: "of a test",
          date: "2026-01-31T12:00:00Z",
          out: join(folder, "packages"),
          inHurry: true,
        });
        await must("lintian", ["--fail-on", "error", made], 5 * MINUTE);
        if (isHost) packages.push(made);
      }
      if (isHost) await copyFile(binary, join(folder, "sightline"));
    }
    const root = join(folder, "root");
    const extra = ["systemd", "systemd-sysv", "dbus", "iproute2"];
    await must("debootstrap", [
      "--variant=minbase",
      `--include=${extra.join(",")}`,
      "bookworm",
      root,
    ], 15 * MINUTE);
    await copyFile(join(folder, "sightline"), join(root, "sightline"));
    await chmod(join(root, "sightline"), 0o755);
    await copyFile(packages[0] ?? "", join(root, "first.deb"));
    await copyFile(packages[1] ?? "", join(root, "second.deb"));
    const said = await boot(root);
    assert.match(said, /^all is well$/m, said);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
