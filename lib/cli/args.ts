import { parseArgs } from "node:util";
import { ConfigError } from "../config/config_error.ts";
import { closest } from "../config/suggest.ts";

/** The options of one command: those that take a value and those that do not. */
export interface OptionSpec {
  readonly values?: readonly string[];
  readonly flags?: readonly string[];
}

export interface ParsedArgs {
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/** Options every command has. */
export const COMMON_OPTIONS: OptionSpec = {
  values: ["log-level", "log-format"],
  flags: ["help", "json"],
};

/** Reads the arguments of one command. Throws `ConfigError` for an option there is not. */
export function readArgs(args: readonly string[], spec: OptionSpec): ParsedArgs {
  const valueNames = [...COMMON_OPTIONS.values ?? [], ...spec.values ?? []];
  const flagNames = [...COMMON_OPTIONS.flags ?? [], ...spec.flags ?? []];
  const options = Object.fromEntries([
    ...valueNames.map((name) => [name, { type: "string" as const }]),
    ...flagNames.map((name) => [name, { type: "boolean" as const }]),
  ]);
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const { name, value, rawName } = token;
    if (flagNames.includes(name)) {
      if (value !== undefined) throw new ConfigError(`Option ${rawName} takes no value`);
      flags.add(name);
    } else if (valueNames.includes(name)) {
      if (value === undefined) throw new ConfigError(`Option ${rawName} needs a value`);
      values.set(name, value);
    } else throw new ConfigError(unknownOption(rawName, [...valueNames, ...flagNames]));
  }
  return { values, flags, positionals };
}

function unknownOption(rawName: string, known: readonly string[]): string {
  const suggestion = closest(rawName.replace(/^-+/, ""), known);
  const hint = suggestion === undefined ? "see --help" : `did you mean --${suggestion}?`;
  return `There is no option ${rawName}; ${hint}`;
}
