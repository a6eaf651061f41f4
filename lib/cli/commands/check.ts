import { ConfigError } from "../../config/config_error.ts";
import { ConfigMistakes } from "../../config/config_mistakes.ts";
import { configJsonSchema } from "../../config/config_schema.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import { readConfigFile } from "../config_file.ts";
import type { CliContext, Command } from "../context.ts";
import { ExitCode, Failure } from "../exit_code.ts";

const OPTIONS: OptionSpec = { flags: ["schema"] };

export const checkCommand: Command = {
  name: "check",
  summary: "every mistake in a configuration file, with its line",
  options: OPTIONS,
  completes: "file",
  help: [
    "Usage: sightline check CONFIG [--json]",
    "       sightline check --schema",
    "",
    "Reads a configuration file as sightline serve does, and prints every mistake in it as",
    "FILE:LINE:COLUMN. Starts nothing. Exits with 2 where there is one.",
    "",
    "  --schema  print the JSON Schema of the file, for editors; a first line of",
    "            # yaml-language-server: $schema=sightline.schema.json",
    "            has them complete and check it",
    "  --json    one JSON object a mistake: file, line, column, path, text",
  ].join("\n"),
  async run(args, context) {
    const { flags, positionals: [file, ...rest] } = readArgs(args, OPTIONS);
    if (flags.has("schema")) {
      if (file !== undefined) throw new ConfigError("check --schema takes no CONFIG");
      return context.print(JSON.stringify(configJsonSchema(), undefined, 2));
    }
    if (file === undefined || rest.length > 0) {
      throw new ConfigError("check needs one CONFIG; see --help");
    }
    await check(file, flags.has("json"), context);
  },
};

async function check(file: string, json: boolean, context: CliContext): Promise<void> {
  try {
    const { cameras } = await readConfigFile(file, context);
    const count = cameras.length === 1 ? "1 camera" : `${cameras.length} cameras`;
    if (!json) context.print(`${file} is good: ${count}`);
  } catch (error) {
    if (!(error instanceof ConfigMistakes)) throw error;
    const { mistakes } = error;
    const lines = json
      ? mistakes.map((mistake) => JSON.stringify({ file, ...mistake }))
      : error.message.split("\n");
    for (const line of lines) context.print(line);
    const count = mistakes.length === 1 ? "one mistake" : `${mistakes.length} mistakes`;
    throw new Failure(ExitCode.usage, `${file} has ${count}`);
  }
}
