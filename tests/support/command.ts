import { ConfigError } from "../../lib/config/config_error.ts";
import type { Command } from "../../lib/cli/context.ts";
import { ExitCode, Failure } from "../../lib/cli/exit_code.ts";
import { readStdin, readTextFile } from "../../lib/io/text_file.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { Log } from "../../lib/log/log.ts";

export interface CommandRun {
  readonly code: ExitCode;
  /** Lines of results. */
  readonly out: readonly string[];
  /** Why it failed; empty when it did not. */
  readonly complaint: string;
  readonly advice: string;
  readonly logged: readonly string[];
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stop?: AbortSignal;
  /** Hears each line of results as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Runs one command of the program on its own. A bug of ours rejects. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  { env = {}, stop = new AbortController().signal, onLine = () => {} }: CommandOptions = {},
): Promise<CommandRun> {
  const out: string[] = [];
  const logged: string[] = [];
  let failure: Error | undefined;
  try {
    await command.run(args, {
      world: systemWorld,
      print(line) {
        out.push(line);
        onLine(line);
      },
      complain: (line) => logged.push(line),
      log: new Log((_level, message) => logged.push(message)),
      onHangup: () => () => {},
      stop,
      env,
      readTextFile,
      readStdin,
    });
  } catch (error) {
    if (!(error instanceof Failure) && !(error instanceof ConfigError)) throw error;
    failure = error;
  }
  return {
    code: failure instanceof Failure ? failure.code : failure ? ExitCode.usage : ExitCode.done,
    out,
    complaint: failure?.message ?? "",
    advice: failure instanceof Failure ? failure.advice : "",
    logged,
  };
}
