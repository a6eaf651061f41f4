import manifest from "../../package.json" with { type: "json" };
import { runtimeName } from "../io/runtime.ts";
import { readArgs } from "./args.ts";
import type { Command } from "./context.ts";

export const versionCommand: Command = {
  name: "version",
  summary: "the version of this program and of its runtime",
  help: "Usage: sightline version [--json]",
  run(args, { print }) {
    const { flags } = readArgs(args, {});
    const { version } = manifest;
    const runtime = runtimeName();
    print(
      flags.has("json")
        ? JSON.stringify({ version, runtime })
        : `sightline ${version} (${runtime})`,
    );
    return Promise.resolve();
  },
};
