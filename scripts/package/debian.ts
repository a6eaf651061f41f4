/** The Debian package, made by Debian's own tools. @module */
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { allCommands } from "../../lib/cli/commands.ts";
import {
  bashCompletions,
  fishCompletions,
  zshCompletions,
} from "../../lib/cli/completion_scripts.ts";
import { SAMPLE_CONFIG } from "../../lib/service/sample_config.ts";
import { OLDEST_SYSTEMD, systemdUnit } from "../../lib/service/systemd_unit.ts";
import { mustCommand, tryCommand } from "../build/command.ts";
import { readElf } from "../build/elf.ts";
import { manPage } from "./man_page.ts";

export interface DebianOptions {
  /** The binary, linked against glibc. */
  readonly binary: string;
  readonly licences: string;
  readonly version: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly date: string;
  /** Folder for the package. */
  readonly out: string;
  /** Makes a larger one in a tenth of the time. */
  readonly inHurry?: boolean;
}

const TEMPLATES = fileURLToPath(new URL("debian", import.meta.url));

/** Names of machines as Debian has them. */
const ARCHITECTURES = { x64: "amd64", arm64: "arm64" } as const;

/** Why packages cannot be made here, as a clause, or `undefined`. */
export async function debianToolsMissing(): Promise<string | undefined> {
  for (const tool of ["dpkg-buildpackage", "dh", "fakeroot"]) {
    // Outside of a package dh does not even tell its version; one that is not there has no code.
    const { code } = await tryCommand([tool, "--version"]);
    if (code === undefined) {
      return `${tool} is not installed (Debian: dpkg-dev, debhelper, fakeroot)`;
    }
  }
  return undefined;
}

/** Path of the package. */
export async function makeDebianPackage(options: DebianOptions): Promise<string> {
  const { version, date, out, inHurry = false } = options;
  const needs = readElf(await readFile(options.binary));
  const glibc = needs?.versions.get("GLIBC");
  if (needs === undefined || glibc === undefined || needs.machine in ARCHITECTURES === false) {
    throw new Error(`Cannot package ${options.binary} as it must be for Linux with glibc`);
  }
  const architecture = ARCHITECTURES[needs.machine as keyof typeof ARCHITECTURES];
  const folder = await mkdtemp(join(tmpdir(), "sightline-deb-"));
  try {
    const source = join(folder, "source");
    await writeSource(source, options, glibc);
    await mustCommand([
      "dpkg-buildpackage",
      "--build=binary",
      "--no-sign",
      // Nothing is compiled, so no cross compiler is needed.
      "--no-check-builddeps",
      `--host-arch=${architecture}`,
    ], {
      cwd: source,
      env: {
        ...process.env,
        SOURCE_DATE_EPOCH: String(Date.parse(date) / 1_000),
        ...(inHurry ? { PACKAGE_COMPRESSION: "gzip" } : {}),
      },
    });
    const name = `sightline_${version}_${architecture}.deb`;
    await mkdir(out, { recursive: true });
    await copyFile(join(folder, name), join(out, name));
    return join(out, name);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Everything that the package consists of, and how it is put together. */
async function writeSource(source: string, options: DebianOptions, glibc: string): Promise<void> {
  const { binary, licences, version, commit, date } = options;
  const debian = join(source, "debian");
  await mkdir(join(source, "completions"), { recursive: true });
  await cp(TEMPLATES, debian, { recursive: true });
  const values: Readonly<Record<string, string>> = {
    VERSION: version,
    COMMIT: commit,
    YEAR: date.slice(0, 4),
    GLIBC: glibc,
    SYSTEMD: String(OLDEST_SYSTEMD),
    DATE: new Date(date).toUTCString().replace("GMT", "+0000"),
    MAINTAINER: await maintainer(),
  };
  for (const name of await readdir(debian)) {
    if (name !== "source") await fill(join(debian, name), values);
  }
  await chmod(join(debian, "rules"), 0o755);
  const commands = await allCommands();
  const files: Readonly<Record<string, string>> = {
    "debian/sightline.service": systemdUnit({ binary: "/usr/bin/sightline", lowMemory: false }),
    "sightline.yaml": SAMPLE_CONFIG,
    "sightline.1": await manPage(version, date),
    "completions/sightline": bashCompletions(commands),
    "completions/_sightline": zshCompletions(commands),
    "completions/sightline.fish": fishCompletions(commands),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(source, name), text);
  await copyFile(licences, join(source, "LICENCES.txt"));
  await copyFile(binary, join(source, "sightline"));
  await chmod(join(source, "sightline"), 0o755);
}

/** Puts values where a template has `@NAME@`. */
async function fill(path: string, values: Readonly<Record<string, string>>): Promise<void> {
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace(/@([A-Z]+)@/g, (whole, name) => values[name] ?? whole));
}

/** Whoever packages, as Debian's tools have it. */
async function maintainer(): Promise<string> {
  const { DEBFULLNAME, DEBEMAIL } = process.env;
  if (DEBFULLNAME !== undefined && DEBEMAIL !== undefined) return `${DEBFULLNAME} <${DEBEMAIL}>`;
  const { code, stdout } = await tryCommand(["git", "log", "-1", "--format=%an <%ae>"], {
    cwd: TEMPLATES,
  });
  return code === 0 ? stdout.trim() : "sightline <sightline@localhost>";
}
