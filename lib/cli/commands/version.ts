import manifest from "../../../package.json" with { type: "json" };
import { type BuildInfo, buildInfo } from "../../build_info.ts";
import { runtimeName } from "../../io/runtime.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import type { Command } from "../context.ts";

const OPTIONS: OptionSpec = { flags: ["licenses"] };

export const versionCommand: Command = {
  name: "version",
  summary: "the version of this program and of its runtime",
  options: OPTIONS,
  help: [
    "Usage: sightline version [--json | --licenses]",
    "",
    "  --json      version and runtime; of a binary also commit, its date, and target",
    "  --licenses  the licences of everything that is in a binary",
  ].join("\n"),
  async run(args, { print }) {
    const { flags } = readArgs(args, OPTIONS);
    if (flags.has("licenses")) print((await import("../../licences.ts")).licences.trimEnd());
    else if (flags.has("json")) print(JSON.stringify({ ...programVersion(), ...buildInfo }));
    else print(describe(buildInfo));
  },
};

/** The version of this program, and what it runs on. */
export function programVersion(): { readonly version: string; readonly runtime: string } {
  return { version: manifest.version, runtime: runtimeName() };
}

function describe(build: BuildInfo | undefined): string {
  const { version, runtime } = programVersion();
  const origin = build === undefined
    ? ""
    : `, ${build.target}, commit ${build.commit.slice(0, 12)} of ${build.date.slice(0, 10)}`;
  return `sightline ${version} (${runtime}${origin})`;
}
