import { ConfigError } from "../../config/config_error.ts";
import { DURATION_RULE, parseDuration } from "../../config/duration.ts";
import type { Duration } from "../../machine.ts";
import { type OptionSpec, type ParsedArgs, readArgs } from "../args.ts";
import type { Command } from "../context.ts";
import { DAEMON_HELP, DAEMON_OPTIONS, DaemonClient } from "../daemon_client.ts";
import { oneName } from "../one_name.ts";

const OPTIONS: OptionSpec = {
  values: [...DAEMON_OPTIONS.values ?? [], "for", "wait", "timeout"],
};

const DEFAULT_TIMEOUT: Duration = 18_000;

export const startCommand: Command = {
  name: "start",
  summary: "have a running daemon reach a camera and keep it open",
  options: OPTIONS,
  completes: "camera",
  help: [
    "Usage: sightline start NAME [--for 10m] [--wait frame] [--timeout 18s] [--json]",
    "",
    "Asks a running sightline serve to reach a camera and keep it open. A repeat extends the time and",
    "never shortens it; however many ask at once, the camera is reached once. Quiet on success, for",
    "cron:",
    "",
    "  0 8 * * 1-5  sightline start front --for 10m --wait frame",
    "",
    `  --for DURATION      for so long, until sightline stop without it; ${DURATION_RULE}`,
    "  --wait frame        end only once a key frame is in hand; exit 5 where there is no way to the",
    "                      camera, 7 where none came in time",
    "  --timeout DURATION  wait at most so long, default 18s",
    ...DAEMON_HELP,
    "  --json              the camera, as the API has it",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const name = oneName("start", parsed);
    const { query, patience } = readQuery(parsed);
    const camera = await new DaemonClient(parsed, context).start(name, query, patience);
    if (parsed.flags.has("json")) context.print(JSON.stringify(camera));
  },
};

/** Mistakes are found here, so that they are told without a daemon, too. */
function readQuery({ values }: ParsedArgs) {
  const wait = values.get("wait");
  const timeout = values.get("timeout");
  if (wait !== undefined && wait !== "frame") {
    throw new ConfigError(`Option --wait must be frame: is "${wait}"`);
  }
  if (timeout !== undefined && wait === undefined) {
    throw new ConfigError("Option --timeout needs --wait frame");
  }
  const query = new URLSearchParams();
  for (const option of ["for", "timeout"]) {
    const value = values.get(option);
    if (value === undefined) continue;
    parseDuration(value, `Option --${option}`);
    query.set(option, value);
  }
  if (wait === undefined) return { query, patience: 0 };
  query.set("wait", wait);
  return {
    query,
    patience: timeout === undefined ? DEFAULT_TIMEOUT : parseDuration(timeout, "Option --timeout"),
  };
}
