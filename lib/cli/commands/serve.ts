import { ConfigError } from "../../config/config_error.ts";
import type { LogConfig } from "../../config/daemon_config.ts";
import { formatEndpoint } from "../../endpoint.ts";
import type { ReloadReport } from "../../hub/camera_hub.ts";
import { FileError, IoError } from "../../io/errors.ts";
import { runProgram } from "../../io/programs.ts";
import { Log, LOG_LEVELS, type LogSink } from "../../log/log.ts";
import { aborted } from "../aborted.ts";
import { type OptionSpec, type ParsedArgs, readArgs } from "../args.ts";
import { CAPTURE_HELP, CAPTURE_OPTIONS, startCapture } from "../capture.ts";
import { readConfigFile } from "../config_file.ts";
import type { CliContext, Command } from "../context.ts";
import { Daemon } from "../daemon.ts";
import { ExitCode, Failure } from "../exit_code.ts";
import { createLogSink, LOG_FORMATS } from "../log_sink.ts";
import { holdLess, LOW_MEMORY_HELP, memoryLimits } from "../low_memory.ts";
import { ServiceManager } from "../service_manager.ts";

const DEFAULT_FILE = "sightline.yaml";

const NO_FILE_ADVICE = "--config FILE says where it is; serve --help shows how one begins.";

const OPTIONS: OptionSpec = {
  values: ["config", ...CAPTURE_OPTIONS.values],
  flags: ["low-memory", ...CAPTURE_OPTIONS.flags],
};

export const serveCommand: Command = {
  name: "serve",
  summary: "the daemon: cameras from a file, as RTSP, with HTTP API and console",
  options: OPTIONS,
  help: [
    "Usage: sightline serve [--config sightline.yaml] [--low-memory] [--json]",
    "",
    "Offers the cameras of a configuration file as rtsp://HOST:8554/NAME, and an HTTP API to see and",
    "control them. Runs until SIGINT or SIGTERM, and ends having closed everything.",
    "",
    "SIGHUP has it read the file again: what changed is applied, what is the same goes on untouched,",
    "streams, viewers and leases too. A file with mistakes changes nothing.",
    "",
    "  cameras:",
    "    front:",
    "      address: dahua://admin:${FRONT_PASSWORD}@4K0123PAZ00001",
    "      mode: on-demand     # reached for viewers; always: kept open; manual: by start alone",
    "",
    "sightline check FILE tells every mistake; sightline check --schema prints all there is to set.",
    "",
    `  --config FILE  default ${DEFAULT_FILE}`,
    LOW_MEMORY_HELP,
    ...CAPTURE_HELP,
    "  --json         one JSON object once it listens: where RTSP and API are",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const [unexpected] = parsed.positionals;
    if (unexpected !== undefined) {
      throw new ConfigError(`serve takes no argument "${unexpected}"; did you mean --config?`);
    }
    holdLess(parsed, context.env);
    await serve(parsed.values.get("config") ?? DEFAULT_FILE, parsed, context);
  },
};

async function serve(file: string, parsed: ParsedArgs, context: CliContext): Promise<void> {
  const config = await readConfigFile(file, context).catch((error) => {
    const isMissing = error instanceof FileError && error.code === "not-found";
    if (!isMissing || parsed.values.has("config")) throw error;
    throw new Failure(ExitCode.usage, error.message, NO_FILE_ADVICE);
  });
  let sink = sinkOf(config.log, parsed, context);
  const log = new Log((...record) => sink(...record));
  const failed = Promise.withResolvers<never>();
  const { world, stop } = context;
  const capture = await startCapture(parsed, { ...context, log });
  try {
    const daemon = await Daemon.start(config, {
      world,
      cameraWorld: capture.world,
      log,
      limits: memoryLimits(parsed),
      onBug: failed.reject,
    });
    const reload = async () => {
      const renewed = await reloadFrom(file, daemon, context);
      if (renewed !== undefined) sink = sinkOf(renewed, parsed, context);
    };
    let reloads = Promise.resolve();
    const ignoreHangups = context.onHangup(() => {
      reloads = reloads.then(reload).catch(failed.reject);
    });
    const manager = new ServiceManager({ env: context.env, clock: world.clock, log, runProgram });
    try {
      announce(daemon, parsed.flags.has("json"), context.print);
      await manager.ready(
        `RTSP at ${formatEndpoint(daemon.rtsp)}, API at ${formatEndpoint(daemon.http)}`,
      );
      await Promise.race([aborted(stop), failed.promise]);
    } finally {
      ignoreHangups();
      await manager.stopping();
      await reloads;
      await daemon.close();
    }
  } finally {
    await capture.close();
  }
}

/** Puts the file in force as it is now, if it is good; resolves with its log settings then. */
async function reloadFrom(
  file: string,
  daemon: Daemon,
  context: CliContext,
): Promise<LogConfig | undefined> {
  const { events } = daemon.hub;
  try {
    const config = await readConfigFile(file, context);
    const report = await daemon.reload(config);
    events.add({ type: "config", outcome: "applied", detail: describe(report) });
    return config.log;
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof IoError)) throw error;
    const detail = error.message.replaceAll("\n", "; ");
    events.add({ type: "config", outcome: "rejected", detail });
    return undefined;
  }
}

function describe(report: ReloadReport): string {
  const changes = Object.entries(report)
    .flatMap(([kind, names]) => names.length === 0 ? [] : [`${kind} ${names.join(", ")}`]);
  return changes.length === 0 ? "no camera is affected" : changes.join("; ");
}

/** What the command line says about the log goes before what the file says. */
function sinkOf(
  config: LogConfig,
  { values }: ParsedArgs,
  { world, complain }: CliContext,
): LogSink {
  return createLogSink({
    level: LOG_LEVELS.find((level) => level === values.get("log-level")) ?? config.level ?? "info",
    format: LOG_FORMATS.find((format) => format === values.get("log-format")) ?? config.format ??
      "text",
    wallClock: world.clock.wallClock,
    writeLine: complain,
  });
}

/** Where everything is, once it can be had. */
export function announce(daemon: Daemon, json: boolean, print: (line: string) => void): void {
  const rtsp = `rtsp://${formatEndpoint(daemon.rtsp)}`;
  const api = `http://${formatEndpoint(daemon.http)}/`;
  const cameras = daemon.hub.list().map(({ name, paths }) => ({
    name,
    rtsp: paths.map((path) => rtsp + path),
  }));
  if (json) return print(JSON.stringify({ event: "listening", rtsp, api, cameras }));
  for (const { rtsp: [main] } of cameras) print(`Watch    ${main}`);
  print(`Console  ${api}`);
}
