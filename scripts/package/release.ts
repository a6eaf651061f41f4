/** Makes a release. @module */
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { build, type Built, sha256 } from "../build/build.ts";
import { describeCommit } from "../build/checkout.ts";
import { TARGETS } from "../build/targets.ts";
import { containerToolsMissing, makeContainer } from "./container.ts";
import { debianToolsMissing, makeDebianPackage } from "./debian.ts";
import { historyOf } from "./history.ts";
import { type MissingFile, type ReleasedFile, releaseNotes } from "./release_notes.ts";

export interface ReleaseOptions {
  /** Top of the project. */
  readonly top: string;
  /** Folder of the pinned runtimes. */
  readonly tools: string;
  /** Folder of the results. What an earlier release left there is removed. */
  readonly out: string;
  /** Hears what is done at the moment. */
  readonly say: (line: string) => void;
}

export interface Release {
  readonly files: readonly ReleasedFile[];
  readonly missing: readonly MissingFile[];
}

/** Binaries that go into packages and images, and the names of machines there. */
const PACKAGED = [
  { target: "linux-x64", architecture: "amd64" },
  { target: "linux-arm64", architecture: "arm64" },
] as const;

/** Rejects when something fails that this machine has the tools for. */
export async function makeRelease(options: ReleaseOptions): Promise<Release> {
  const { top, tools, say } = options;
  const out = resolve(options.out);
  const { version } = JSON.parse(await readFile(join(top, "package.json"), "utf8"));
  const history = await historyOf(version, top);
  const { commit, date } = await describeCommit(top, false);
  say(`sightline ${version}, commit ${commit.slice(0, 12)}`);
  const toolchains = ["bun", "deno"] as const;
  const built = await build({ top, tools, out, workTree: false, toolchains, targets: TARGETS });
  const licences = join(out, "LICENCES.txt");
  const packaged = await packagesOf({ out, licences, version, commit, date, say });
  const missing = [...built.flatMap(missingOf), ...packaged.missing];
  const beside = await Promise.all([
    fileAt(licences, "licences of everything in the programs"),
    fileAt(join(out, "sightline.cdx.json"), "bill of materials of the programs, in CycloneDX"),
  ]);
  const files = [...built.flatMap(releasedOf), ...packaged.files, ...beside];
  const notes = join(out, "RELEASE_NOTES.md");
  await writeFile(notes, releaseNotes({ version, commit, date, ...history, files, missing }));
  // The build has written the sums of what it made.
  for (const { name } of [...packaged.files, { name: basename(notes) }]) {
    const sum = sha256(await readFile(join(out, name)));
    await appendFile(join(out, "SHA256SUMS"), `${sum}  ${name}\n`);
  }
  return { files: [...files, await fileAt(notes, "changes, files, what is missing")], missing };
}

interface PackageOptions {
  readonly out: string;
  readonly licences: string;
  readonly version: string;
  readonly commit: string;
  readonly date: string;
  readonly say: (line: string) => void;
}

async function packagesOf({ out, say, ...about }: PackageOptions): Promise<Release> {
  const files: ReleasedFile[] = [];
  const missing: MissingFile[] = [];
  const noDebian = await debianToolsMissing();
  const noContainer = await containerToolsMissing();
  for (const { target, architecture } of PACKAGED) {
    const options = { ...about, binary: join(out, `sightline-${target}`) };
    const debian = `sightline_${about.version}_${architecture}.deb`;
    const image = `sightline-oci-${architecture}.tar`;
    if (noDebian === undefined) {
      say(`packing ${debian}`);
      const path = await makeDebianPackage({ ...options, out });
      files.push(await fileAt(path, "Debian package"));
    } else missing.push({ name: debian, problem: noDebian });
    if (noContainer === undefined) {
      say(`packing ${image}`);
      await makeContainer({ ...options, out: join(out, image) });
      files.push(await fileAt(join(out, image), "container image, as an OCI archive"));
    } else missing.push({ name: image, problem: noContainer });
  }
  return { files, missing };
}

function releasedOf(built: Built): readonly ReleasedFile[] {
  if (built.problem !== undefined) return [];
  return [{ name: built.name, bytes: built.bytes, about: built.needs }];
}

function missingOf({ name, problem }: Built): readonly MissingFile[] {
  return problem === undefined ? [] : [{ name, problem }];
}

async function fileAt(path: string, about: string): Promise<ReleasedFile> {
  const { byteLength: bytes } = await readFile(path);
  return { name: basename(path), bytes, about };
}
