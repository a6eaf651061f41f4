/** What a release says of itself, in Markdown. @module */

export interface ReleaseNotes {
  readonly version: string;
  readonly commit: string;
  /** ISO 8601. */
  readonly date: string;
  /** Tag of the release before this one. */
  readonly since: string | undefined;
  /** Subjects of the commits since then, newest first. */
  readonly changes: readonly string[];
  readonly files: readonly ReleasedFile[];
  readonly missing: readonly MissingFile[];
}

export interface ReleasedFile {
  readonly name: string;
  readonly bytes: number;
  /** What it needs of a machine, or what it is. */
  readonly about: string;
}

export interface MissingFile {
  readonly name: string;
  /** Why it is not there, as a clause. */
  readonly problem: string;
}

/** What nobody should learn from a system that refuses to run it. */
const LIMITS: readonly string[] = [
  "There is no program for 32-bit ARM or MIPS, as neither runtime exists for them.",
  "No test runs the programs for macOS and Windows, and they carry nobody's name. The signature in " +
  "that for macOS on x64 is of Bun's runtime and does not fit what was added to it: " +
  "`codesign --force --sign - FILE` on a Mac puts one there that does. That for arm64 has such a " +
  "one. After a download by a browser, `xattr -d com.apple.quarantine FILE` has macOS start it.",
];

export function releaseNotes(notes: ReleaseNotes): string {
  const { version, commit, date, since, changes, files, missing } = notes;
  const parts = [
    `# sightline ${version}`,
    `Commit ${commit} of ${date.slice(0, 10)}.`,
    `## Changes${since === undefined ? "" : ` since ${since}`}`,
    list(changes),
    "## Files",
    table(files),
    "## Limits",
    LIMITS.map((limit) => `- ${limit}`).join("\n"),
    ...(missing.length === 0 ? [] : [
      "## Not built",
      list(missing.map(({ name, problem }) => `${name}: ${problem}`)),
    ]),
    "## To check and to make them again",
    "`sha256sum --check --ignore-missing SHA256SUMS` says whether a file is the one that was made. " +
    `\`git checkout ${commit.slice(0, 12)} && deno task release\` makes the same bytes; packages ` +
    "and images do so with the same versions of dpkg, buildah and Debian's libc6.",
  ];
  return `${parts.join("\n\n")}\n`;
}

/** `123.4 MB`, `45 kB`. */
export function sizeInWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function list(entries: readonly string[]): string {
  return entries.length === 0 ? "None." : entries.map((entry) => `- ${plain(entry)}`).join("\n");
}

function table(files: readonly ReleasedFile[]): string {
  const rows = files.map(({ name, bytes, about }) =>
    `| ${name} | ${sizeInWords(bytes)} | ${plain(about)} |`
  );
  return ["| file | size | |", "| --- | ---: | --- |", ...rows].join("\n");
}

/** What a commit says is not meant to be Markdown. */
function plain(text: string): string {
  return text.replace(/[\\`*_<>|[\]]/g, "\\$&").replaceAll("\n", " ");
}
