import { ConfigError } from "../../config/config_error.ts";
import type { Clock } from "../../io/types.ts";
import type { Duration } from "../../machine.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import type { CliContext, Command } from "../context.ts";
import { DAEMON_HELP, DAEMON_OPTIONS, DaemonClient } from "../daemon_client.ts";
import { readEvents, type ServerEvent } from "../event_reader.ts";
import { eventWords } from "../event_words.ts";
import { ExitCode, Failure } from "../exit_code.ts";

const OPTIONS: OptionSpec = { ...DAEMON_OPTIONS, flags: ["follow"] };

/** Waits before a daemon that has gone is looked for again. */
const FIRST_WAIT: Duration = 1_000;
const LONGEST_WAIT: Duration = 30_000;

export const eventsCommand: Command = {
  name: "events",
  summary: "what happened to the cameras of a running daemon, and what happens",
  options: OPTIONS,
  help: [
    "Usage: sightline events [--follow] [--json]",
    "",
    "The latest events of a running sightline serve, oldest first: every change of state, who",
    "watches, starts, stops, wakes and errors.",
    "",
    "  --follow       go on with what happens from now on, until stopped; a daemon that ends is waited",
    "                 for, and nothing is told twice",
    ...DAEMON_HELP,
    "  --json         one JSON object an event, as the API has it",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const [extra] = parsed.positionals;
    if (extra !== undefined) throw new ConfigError(`events takes no argument "${extra}"`);
    const { flags } = parsed;
    const reader = new EventReader(new DaemonClient(parsed, context), flags.has("json"), context);
    if (flags.has("follow")) await reader.follow();
    else await reader.read(false);
  },
};

class EventReader {
  readonly #client: DaemonClient;
  readonly #json: boolean;
  readonly #context: CliContext;
  /** The latest event told. */
  #place = 0;

  constructor(client: DaemonClient, json: boolean, context: CliContext) {
    this.#client = client;
    this.#json = json;
    this.#context = context;
  }

  /** Tells events until their stream ends. Rejects with `Failure` when it cannot be had. */
  async read(follow: boolean): Promise<void> {
    const chunks = await this.#client.events(this.#place, follow);
    try {
      for await (const event of readEvents(chunks)) this.#tell(event);
    } catch (error) {
      if (this.#context.stop.aborted) return;
      throw new Failure(ExitCode.daemon, `The events ended: ${(error as Error).message}`);
    }
  }

  /** The same until stopped; but a daemon that was never there is no reason to wait. */
  async follow(): Promise<void> {
    const { stop, log, world: { clock } } = this.#context;
    let wait = FIRST_WAIT;
    for (let first = true; !stop.aborted; first = false) {
      const before = this.#place;
      try {
        await this.read(true);
      } catch (error) {
        if (stop.aborted) return;
        if (first && this.#place === 0 || !isPassing(error)) throw error;
      }
      if (stop.aborted) return;
      if (this.#place !== before) wait = FIRST_WAIT;
      log.warn("the daemon has gone, waiting for it", { seconds: wait / 1_000 });
      await pause(clock, wait, stop);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }

  #tell({ id, type, data }: ServerEvent): void {
    // The events asked for first are all there are: that there were more is no news.
    const isNews = type !== "missed" || this.#place > 0;
    if (id !== undefined) this.#place = id;
    if (!isNews) return;
    this.#context.print(this.#json ? data : eventWords(JSON.parse(data)));
  }
}

/** Whether it may be over when the daemon is back. */
function isPassing(error: unknown): boolean {
  return error instanceof Failure && error.code === ExitCode.daemon;
}

function pause(clock: Clock, duration: Duration, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(duration, done);
    stop.addEventListener("abort", done, { once: true });
    function done(): void {
      cancel();
      stop.removeEventListener("abort", done);
      resolve();
    }
  });
}
