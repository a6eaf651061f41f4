/**
 * Binaries for other machines, run under emulation with libraries of Debian's packages: they do what
 * the sources do. Takes minutes and a mirror of Debian.
 *
 * Those for musl want GCC's C++ library built for musl, which Debian has not.
 * SIGHTLINE_MUSL_LIBRARIES names a folder whose `x64` and `arm64` have `libstdc++.so.6` and what that
 * needs itself, e.g. of Alpine's packages libstdc++ and libgcc.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { readElf } from "../../scripts/build/elf.ts";
import { TARGETS } from "../../scripts/build/targets.ts";
import { unpackDebian } from "../../scripts/package/debian_packages.ts";
import { missing } from "../interop/players.ts";
import { buildSnapshot, snapshot } from "../support/built_binary.ts";
import { daemonJourney, demoJourney } from "../support/journey.ts";

const QEMU = "qemu-aarch64-static";
const MUSL_LIBRARIES = process.env["SIGHTLINE_MUSL_LIBRARIES"];

interface Foreign {
  readonly target: string;
  /** What else is special about the machine. */
  readonly on?: string;
  readonly needs: readonly (string | false)[];
  /** What runs the binary, made ready in `folder`. */
  launcher(folder: string): Promise<readonly string[]>;
}

const notX64 = process.arch !== "x64" && "needs an x64 machine";
const skipMusl = MUSL_LIBRARIES === undefined &&
  "needs libstdc++.so.6 for musl in a folder that SIGHTLINE_MUSL_LIBRARIES names";

const FOREIGN: readonly Foreign[] = [
  {
    target: "linux-x64",
    on: " on a processor of 2008, without AVX",
    needs: [notX64, missing("qemu-x86_64-static", "--version")],
    launcher: () => Promise.resolve(["qemu-x86_64-static", "-cpu", "Nehalem"]),
  },
  {
    target: "linux-arm64",
    needs: [missing(QEMU, "--version")],
    async launcher(folder) {
      const packages = ["libc6", "libgcc-s1", "libstdc++6"];
      await unpackDebian(folder, { suite: "bookworm", architecture: "arm64", packages });
      return [QEMU, "-L", folder];
    },
  },
  {
    target: "linux-arm64-musl",
    needs: [missing(QEMU, "--version"), skipMusl],
    async launcher(folder) {
      await unpackDebian(folder, { suite: "trixie", architecture: "arm64", packages: ["musl"] });
      return [QEMU, "-L", folder, "-E", `LD_LIBRARY_PATH=${MUSL_LIBRARIES}/arm64`];
    },
  },
  {
    target: "linux-x64-musl",
    needs: [notX64, skipMusl],
    async launcher(folder) {
      await unpackDebian(folder, { suite: "trixie", architecture: "amd64", packages: ["musl"] });
      const loader = join(folder, "lib/ld-musl-x86_64.so.1");
      return [loader, "--library-path", `${MUSL_LIBRARIES}/x64`];
    },
  },
];

const skipLong = process.env["SIGHTLINE_LONG"] === undefined && "SIGHTLINE_LONG is not set";
const skipAll = skipLong || missing("apt-get", "--version");

const target = (name: string) => TARGETS.find((candidate) => candidate.name === name);

/** What the files' headers ask for: a loader, and libraries. Those of glibc bring GCC's along. */
const NEEDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "linux-x64": glibc("/lib64/ld-linux-x86-64.so.2"),
  "linux-arm64": glibc("/lib/ld-linux-aarch64.so.1"),
  "linux-x64-musl": ["/lib/ld-musl-x86_64.so.1", "libc.musl-x86_64.so.1", "libstdc++.so.6"],
  "linux-arm64-musl": ["/lib/ld-musl-aarch64.so.1", "libc.musl-aarch64.so.1", "libstdc++.so.6"],
};

function glibc(loader: string): [string, ...string[]] {
  const libraries = ["libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"];
  return [loader, basename(loader), ...libraries];
}

test("binaries for Linux need a loader, a C library and for musl one of C++, nothing else", {
  skip: skipLong,
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-needs-"));
  try {
    const sources = await snapshot(join(folder, "sources"));
    for (const [name, [loader, ...libraries]] of Object.entries(NEEDS)) {
      const { binary } = await buildSnapshot(sources, join(folder, "out"), target(name));
      const elf = readElf(await readFile(binary));
      assert.equal(elf?.interpreter, loader, name);
      assert.deepEqual(elf?.libraries.toSorted(), libraries.toSorted(), name);
      assert.equal(elf?.versions.get("GLIBC"), name.endsWith("musl") ? undefined : "2.17", name);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

for (const { target: name, on = "", needs, launcher } of FOREIGN) {
  const skip = skipAll || (needs.find((need) => need !== false) ?? false);
  const options = { skip, timeout: 900_000 };
  test(`demo and daemon work as the binary for ${name}${on}`, options, async () => {
    const folder = await mkdtemp(join(tmpdir(), "sightline-foreign-"));
    try {
      const sources = await snapshot(join(folder, "sources"));
      const { binary } = await buildSnapshot(sources, join(folder, "out"), target(name));
      const program = [...await launcher(join(folder, "root")), binary];
      await demoJourney(program);
      await daemonJourney(program);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
