/** The container image: the program and the C library it needs, as an OCI archive. @module */
import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { mustCommand, tryCommand } from "../build/command.ts";
import { readElf } from "../build/elf.ts";
import { unpackDebian } from "./debian_packages.ts";

export interface ContainerOptions {
  /** The binary, linked against glibc. */
  readonly binary: string;
  readonly licences: string;
  readonly version: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly date: string;
  /** The archive to write. */
  readonly out: string;
}

const CONTAINERFILE = fileURLToPath(new URL("Containerfile", import.meta.url));

/** The release of Debian that the C library is of. */
const SUITE = "bookworm";

/** Names of machines as images and Debian have them, and where Debian has their libraries. */
const MACHINES = {
  x64: { architecture: "amd64", folder: "lib/x86_64-linux-gnu" },
  arm64: { architecture: "arm64", folder: "lib/aarch64-linux-gnu" },
} as const;

/** What a binary needs. */
interface Needs {
  readonly architecture: "amd64" | "arm64";
  /** Paths of the loader and the libraries, from the root on. */
  readonly libraries: readonly string[];
}

/** The account of the Containerfile, and that names are looked up by DNS. */
const ETC: Readonly<Record<string, string>> = {
  "root/etc/passwd": "sightline:x:65532:65532::/var/lib/sightline:/sbin/nologin\n",
  "root/etc/group": "sightline:x:65532:\n",
  "root/etc/nsswitch.conf": "hosts: files dns\n",
};

/** Why images cannot be made here, as a clause, or `undefined`. */
export async function containerToolsMissing(): Promise<string | undefined> {
  for (const tool of ["buildah", "apt-get"]) {
    const { code } = await tryCommand([tool, "--version"]);
    if (code === undefined) return `${tool} is not installed`;
  }
  if (process.getuid?.() !== 0) return "its files are root's, so only root can make it";
  return undefined;
}

/** Makes the image, the same for the same binary, version of the C library and of buildah. */
export async function makeContainer(options: ContainerOptions): Promise<void> {
  const { binary, version, commit, date } = options;
  const needs = await needsOf(binary);
  const seconds = Date.parse(date) / 1_000;
  const tag = `localhost/sightline:${version}`;
  const folder = await mkdtemp(join(tmpdir(), "sightline-container-"));
  // Stores of its own: what this machine has in its own is left alone.
  const buildah = ["buildah", "--storage-driver=vfs", `--root=${folder}/store`];
  const run = (...args: readonly string[]) =>
    mustCommand([...buildah, `--runroot=${folder}/run`, ...args]);
  try {
    await writeContext(join(folder, "context"), options, needs);
    await run(
      "build",
      "--quiet",
      "--isolation=chroot",
      "--format=oci",
      `--arch=${needs.architecture}`,
      `--timestamp=${seconds}`,
      "--label=org.opencontainers.image.title=sightline",
      `--label=org.opencontainers.image.version=${version}`,
      `--label=org.opencontainers.image.revision=${commit}`,
      `--tag=${tag}`,
      join(folder, "context"),
    );
    const layout = join(folder, "layout");
    await run("push", "--quiet", tag, `oci:${layout}:${tag}`);
    await pack(layout, resolve(options.out), seconds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function needsOf(binary: string): Promise<Needs> {
  const elf = readElf(await readFile(binary));
  const loader = elf?.interpreter;
  const isKnown = elf !== undefined && elf.machine in MACHINES && elf.versions.has("GLIBC");
  if (!isKnown || loader === undefined) {
    throw new Error(`Cannot make an image of ${binary} as it must be for Linux with glibc`);
  }
  const { architecture, folder } = MACHINES[elf.machine as keyof typeof MACHINES];
  const others = elf.libraries.filter((name) => !loader.endsWith(`/${name}`));
  const libraries = [loader.slice(1), ...others.map((name) => `${folder}/${name}`)];
  return { architecture, libraries };
}

/** Everything the Containerfile speaks of. */
async function writeContext(
  context: string,
  { binary, licences }: ContainerOptions,
  { architecture, libraries }: Needs,
): Promise<void> {
  const put = async (from: string, path: string) => {
    const to = join(context, "root", path);
    await mkdir(dirname(to), { recursive: true });
    // What is a link in Debian is a file here.
    await cp(from, to, { dereference: true });
  };
  const debian = await mkdtemp(join(tmpdir(), "sightline-libraries-"));
  try {
    await unpackDebian(debian, { suite: SUITE, architecture, packages: ["libc6"] });
    const kept = [...libraries, "usr/share/doc/libc6/copyright", "var/lib/dpkg/status.d/libc6"];
    for (const path of kept) await put(join(debian, path), path);
  } finally {
    await rm(debian, { recursive: true });
  }
  await put(binary, "usr/bin/sightline");
  await put(licences, "usr/share/doc/sightline/LICENCES.txt");
  for (const folder of ["root/etc", "state"]) await mkdir(join(context, folder));
  for (const [path, text] of Object.entries(ETC)) await writeFile(join(context, path), text);
  await chmod(join(context, "root/usr/bin/sightline"), 0o755);
  await copyFile(CONTAINERFILE, join(context, "Containerfile"));
  // Whatever this process's own umask is.
  await mustCommand(["chmod", "-R", "u=rwX,go=rX", context]);
}

/** `buildah push oci-archive:` would do, but for the times of its files. */
async function pack(layout: string, out: string, seconds: number): Promise<void> {
  const same = ["--sort=name", `--mtime=@${seconds}`, "--owner=0", "--group=0", "--numeric-owner"];
  await mustCommand(["tar", "-cf", out, ...same, "--mode=go=rX", "-C", layout, "."]);
}
