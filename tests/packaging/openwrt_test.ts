/**
 * The service under procd: the real program, installed by itself into a root that has what OpenWrt
 * has, busybox and service scripts, and a procd that is played.
 */
import assert from "node:assert/strict";
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mustCommand } from "../../scripts/build/command.ts";
import { unpackDebian } from "../../scripts/package/debian_packages.ts";
import { missing, run } from "../interop/players.ts";
import { buildSnapshot, snapshot } from "../support/built_binary.ts";

const skip = (process.env["SIGHTLINE_LONG"] === undefined && "SIGHTLINE_LONG is not set") ||
  (process.getuid?.() !== 0 && "needs root") ||
  (process.arch !== "x64" && "needs an x64 machine") ||
  missing("apt-get", "--version") || missing("unshare", "--version");

/** A root with busybox and a C library, as far as ours looks at it like OpenWrt's. */
async function makeRoot(root: string): Promise<void> {
  const packages = ["libc6", "busybox-static"];
  await unpackDebian(root, { suite: "bookworm", architecture: "amd64", packages });
  const folders = [
    "dev",
    "etc/init.d",
    "etc/rc.d",
    "lib/upgrade",
    "proc",
    "sbin",
    "tmp",
    "var/run",
  ];
  for (const path of folders) await mkdir(join(root, path), { recursive: true });
  await mustCommand(["chroot", root, "/bin/busybox", "--install", "-s", "/bin"]);
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await writeFile(join(root, "etc/group"), "root:x:0:\n");
  await writeFile(join(root, "sbin/procd"), "");
  await put("openwrt/rc.common", join(root, "etc/rc.common"));
  await put("openwrt/test.sh", join(root, "test.sh"));
}

async function put(name: string, path: string): Promise<void> {
  await copyFile(fileURLToPath(new URL(name, import.meta.url)), path);
  await chmod(path, 0o755);
}

test("sightline install and uninstall do for OpenWrt what they do for systemd", {
  skip,
  timeout: 600_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-openwrt-"));
  try {
    const sources = await snapshot(join(folder, "sources"));
    const { binary } = await buildSnapshot(sources, join(folder, "out"));
    const root = join(folder, "root");
    await makeRoot(root);
    await copyFile(binary, join(root, "sightline"));
    const namespaces = ["--mount", "--net", "--pid", "--fork", "--kill-child"];
    const inside =
      'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && exec chroot "$1" /test.sh';
    const { code, stdout, stderr } = await run(
      "unshare",
      [...namespaces, "sh", "-c", inside, "sh", root],
      { limit: 120_000, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } },
    );
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^all is well$/m);
  } finally {
    await rm(folder, { recursive: true });
  }
});
