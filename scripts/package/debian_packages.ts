/** Files out of Debian's packages, for whatever machine and release. @module */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustCommand } from "../build/command.ts";

const KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Unpacks packages into `folder`, with apt's state in a folder of its own: the machine's is left
 * alone, and needs to know nothing of other architectures. What each package says of itself is in
 * `var/lib/dpkg/status.d`, where scanners of images without dpkg look for it.
 */
export async function unpackDebian(
  folder: string,
  { suite, architecture, packages }: {
    readonly suite: string;
    readonly architecture: string;
    readonly packages: readonly string[];
  },
): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), "sightline-apt-"));
  try {
    for (const path of ["lists/partial", "cache/archives/partial"]) {
      await mkdir(join(state, path), { recursive: true });
    }
    const sources = join(state, "sources.list");
    await writeFile(sources, `deb [signed-by=${KEYS}] ${await findMirror()} ${suite} main\n`);
    await writeFile(join(state, "status"), "");
    const options = Object.entries({
      "APT::Architecture": architecture,
      "APT::Architectures": architecture,
      "APT::Sandbox::User": "root",
      "Acquire::Languages": "none",
      "Dir::Cache": join(state, "cache"),
      "Dir::Etc::sourcelist": sources,
      "Dir::Etc::sourceparts": "/dev/null",
      "Dir::State": state,
      "Dir::State::status": join(state, "status"),
    }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const apt = (...args: readonly string[]) =>
      mustCommand(["apt-get", "--quiet", ...options, ...args], { cwd: state });
    await apt("update");
    await apt("download", ...packages);
    const about = join(folder, "var/lib/dpkg/status.d");
    await mkdir(about, { recursive: true });
    for (const name of (await readdir(state)).filter((file) => file.endsWith(".deb"))) {
      const file = join(state, name);
      await mustCommand(["dpkg", "--extract", file, folder]);
      const control = await mustCommand(["dpkg-deb", "--field", file]);
      await writeFile(join(about, name.replace(/_.*/, "")), control);
    }
    // Where /usr is one with the rest, programs still look for their loader in /lib.
    await symlink("usr/lib", join(folder, "lib")).catch(() => {});
  } finally {
    await rm(state, { recursive: true });
  }
}

/** Where this machine itself has its packages from. */
async function findMirror(): Promise<string> {
  const command = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"];
  const sites = (await mustCommand(command)).split("\n");
  const mirror = sites.find((site) => /\/debian\/?$/.test(site));
  if (mirror !== undefined) return mirror;
  throw new Error("Cannot fetch Debian packages as apt must know a mirror of Debian: it has none");
}
