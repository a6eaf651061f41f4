import { ConfigError } from "../config/config_error.ts";
import { redactAddress } from "../config/redact_address.ts";
import { closest } from "../config/suggest.ts";
import { IoError, type IoErrorCode, ListenError } from "../io/errors.ts";
import { Log, LOG_LEVELS } from "../log/log.ts";
import { readArgs } from "./args.ts";
import { allCommands, COMMAND_NAMES, loadCommand } from "./commands.ts";
import type { CliContext } from "./context.ts";
import { EXIT_CODES_HELP, ExitCode, Failure } from "./exit_code.ts";
import { createLogSink, LOG_FORMATS } from "./log_sink.ts";

const LISTEN_ADVICE: Readonly<Partial<Record<IoErrorCode, string>>> = {
  "in-use":
    "Another program has that port, perhaps another sightline: end it, or choose another port.",
  "denied": "Ports below 1024 are for root alone: choose another one.",
};

/** What a command may use but for the log, which its arguments decide on. */
export type RunContext = Omit<CliContext, "log">;

/** Runs the program with the arguments behind its name and returns its exit code. */
export async function run(argv: readonly string[], context: RunContext): Promise<ExitCode> {
  const [name, ...args] = argv;
  const isHelp = name === "help" || name === "--help" || name === "-h";
  const [subject] = args;
  if (isHelp && subject !== undefined && !subject.startsWith("-")) {
    return await run([subject, "--help"], context);
  }
  if (name === undefined || isHelp) {
    context.print(await overview());
    return name === undefined ? ExitCode.usage : ExitCode.done;
  }
  try {
    const command = await loadCommand(name.replace(/^--/, ""));
    if (command === undefined) throw new ConfigError(unknownCommand(name));
    if (args.includes("--help") || args.includes("-h")) {
      context.print(command.help);
      return ExitCode.done;
    }
    await command.run(args, { ...context, log: openLog(args, context) });
    return ExitCode.done;
  } catch (error) {
    return complain(error, (line) => context.complain(withoutPasswords(line, argv)));
  }
}

function openLog(args: readonly string[], context: RunContext): Log {
  return new Log(createLogSink({
    level: pick("log-level", "info", LOG_LEVELS, args),
    format: pick("log-format", "text", LOG_FORMATS, args),
    wallClock: context.world.clock.wallClock,
    writeLine: context.complain,
  }));
}

/** The value of an option every command has, which is read before the command is. */
function pick<const Word extends string>(
  option: string,
  byDefault: Word,
  words: readonly Word[],
  args: readonly string[],
): Word {
  const at = args.findIndex((arg) => arg === `--${option}` || arg.startsWith(`--${option}=`));
  if (at < 0) return byDefault;
  const own = args[at]?.includes("=") ? args.slice(at, at + 1) : args.slice(at, at + 2);
  const value = readArgs(own, {}).values.get(option);
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) {
    throw new ConfigError(`Option --${option} must be one of ${words.join(", ")}: is "${value}"`);
  }
  return word;
}

/** An argument may be an address in the wrong place, which a complaint then quotes. */
function withoutPasswords(line: string, argv: readonly string[]): string {
  const parts = argv.flatMap((arg) => [arg, ...arg.split("=", 1), arg.replace(/^.*?=/s, "")]);
  return parts.reduce((text, part) => text.replaceAll(part, () => redactAddress(part)), line);
}

function complain(error: unknown, complain: (line: string) => void): ExitCode {
  if (error instanceof Failure) {
    complain(`sightline: ${error.message}`);
    if (error.advice !== "") complain(`           ${error.advice}`);
    return error.code;
  }
  if (error instanceof ConfigError || error instanceof IoError) {
    complain(`sightline: ${error.message}`);
    const advice = error instanceof ListenError ? LISTEN_ADVICE[error.code] : undefined;
    if (advice !== undefined) complain(`           ${advice}`);
    return error instanceof ConfigError ? ExitCode.usage : codeOf(error);
  }
  const shown = error instanceof Error ? error.stack ?? error.message : String(error);
  complain(`sightline: this is a bug of ours, please report it: ${shown}`);
  return ExitCode.unexpected;
}

function codeOf(error: IoError): ExitCode {
  return error.name === "ResolveError" ? ExitCode.noPath : ExitCode.usage;
}

function unknownCommand(name: string): string {
  const suggestion = closest(name, COMMAND_NAMES);
  const hint = suggestion === undefined ? "see sightline --help" : `did you mean ${suggestion}?`;
  return `There is no command "${name}"; ${hint}`;
}

async function overview(): Promise<string> {
  const commands = await allCommands();
  const width = Math.max(...COMMAND_NAMES.map((name) => name.length));
  const list = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    "sightline: your own cameras behind NAT, on this machine",
    "",
    "Usage: sightline COMMAND [ARGUMENTS]",
    "",
    "Commands:",
    ...list,
    "",
    "sightline COMMAND --help tells more. Options of every command:",
    "  --log-level error|warn|info|debug|trace   how much is logged, default info",
    "  --log-format text|json                    how it is logged, default text",
    "  --json                                    results as one JSON object a line",
    "",
    ...EXIT_CODES_HELP,
  ].join("\n");
}
