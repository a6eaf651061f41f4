import type { World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { OptionSpec } from "./args.ts";

/** Everything a command may use of the world outside. Tests hand in their own. */
export interface CliContext {
  readonly world: World;
  /** Writes one line of results. */
  readonly print: (line: string) => void;
  /**
   * Resolves once what was printed is taken, where a reader may be slow. What waits is limited: a
   * command that prints thousands of lines loses some unless it waits for this now and then.
   */
  readonly printed?: () => Promise<void>;
  /** Writes one line of log or complaint. */
  readonly complain: (line: string) => void;
  readonly log: Log;
  /** Fires when the user wants the program to stop. */
  readonly stop: AbortSignal;
  /**
   * Calls `listener` each time the user wants settings read anew, until the returned function is
   * called. A program that does not listen is ended by that, as any other.
   */
  readonly onHangup: (listener: () => void) => () => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readTextFile: (path: string, maxBytes: number) => Promise<string>;
  readonly readStdin: (maxBytes: number) => Promise<string>;
}

/** One word of the command line. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Its own options, besides those every command has; for completions. */
  readonly options?: OptionSpec;
  /** What its arguments are, for completions: a running daemon's camera, a file, or one of these. */
  readonly completes?: "camera" | "file" | readonly string[];
  /** Does it. Rejects with `Failure` or `ConfigError` when it cannot. */
  run(args: readonly string[], context: CliContext): Promise<void>;
}
