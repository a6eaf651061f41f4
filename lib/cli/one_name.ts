import { ConfigError } from "../config/config_error.ts";
import type { ParsedArgs } from "./args.ts";

/** The one camera a command is about. */
export function oneName(command: string, parsed: ParsedArgs): string {
  const name = maybeName(command, parsed);
  if (name === undefined) {
    throw new ConfigError(`${command} needs the NAME of a camera; see --help`);
  }
  return name;
}

/** The same where there need not be one. */
export function maybeName(command: string, { positionals }: ParsedArgs): string | undefined {
  const [name, extra] = positionals;
  if (extra !== undefined) {
    throw new ConfigError(`${command} takes one NAME; "${extra}" is a second`);
  }
  return name;
}
