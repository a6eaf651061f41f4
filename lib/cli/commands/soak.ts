import { type CameraAddress, parseCameraAddress } from "../../config/camera_address.ts";
import { ConfigError } from "../../config/config_error.ts";
import { DEFAULT_IDLE } from "../../config/daemon_config.ts";
import { CameraHub } from "../../hub/camera_hub.ts";
import { cameraModel } from "../../hub/camera_model.ts";
import { findSource } from "../../hub/find_source.ts";
import { ListenError } from "../../io/errors.ts";
import { processStats } from "../../io/process_stats.ts";
import type { Clock, World } from "../../io/types.ts";
import type { Duration } from "../../machine.ts";
import { SourceUnavailableError } from "../../media/source.ts";
import { aborted } from "../aborted.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import { CAPTURE_HELP, CAPTURE_OPTIONS, startCapture } from "../capture.ts";
import type { CliContext, Command } from "../context.ts";
import { reportEvents } from "../event_report.ts";
import { FlightLog, MAX_FLIGHTS } from "../flight_log.ts";
import { addCamera, failureOfStart } from "./open.ts";
import { PASSWORD_HELP, withPassword } from "../password.ts";
import { SoakMeter, type SoakReport } from "../soak_meter.ts";
import { stopAfter } from "../stop_after.ts";
import { formatTable } from "../table.ts";
import { formatDuration } from "../time_words.ts";

const HOUR = 3_600_000;
const MAX_HOURS = 10_000;

/** Memory is looked at this often, and a hundred times in a short run. */
const SAMPLE_EVERY = 60_000;
const MIN_SAMPLES = 100;

/** After a source has ended, another one is asked for. */
const AGAIN_AFTER = 1_000;

const OPTIONS: OptionSpec = {
  values: ["hours", "record", ...CAPTURE_OPTIONS.values],
  flags: ["password-stdin", ...CAPTURE_OPTIONS.flags],
};

export const soakCommand: Command = {
  name: "soak",
  summary: "how steady a camera is over hours: gaps, stalls, rebuilds, memory",
  options: OPTIONS,
  help: [
    "Usage: sightline soak ADDRESS --hours N [--record DIR] [--json]",
    "",
    "Watches one camera for so long as a viewer would, and tells how often and how long the picture",
    "stood still, what it took to get it back, and whether this program grew. Two seconds without a",
    "picture are a stall. Ctrl-C ends it before, with a result.",
    "",
    "  sightline soak dahua://admin@4K0123PAZ00001 --hours 8",
    "",
    ...PASSWORD_HELP,
    "",
    "  --hours N          may be a fraction, e.g. 0.5",
    "  --record DIR       write a recording there, redacted, whenever the camera stalls or fails",
    ...CAPTURE_HELP,
    "  --password-stdin   one line of standard input is the password",
    "  --json             one JSON object instead of a table",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const { positionals, values, flags } = parsed;
    const [text, ...rest] = positionals;
    if (text === undefined || rest.length > 0) {
      throw new ConfigError("soak needs one ADDRESS; see --help");
    }
    const duration = HOUR * parseHours(values.get("hours"));
    const address = await withPassword(parseCameraAddress(text), parsed, context);
    const capture = await startCapture(parsed, context);
    try {
      const report = await soak(
        { address, duration, recordTo: values.get("record") },
        capture.world,
        context,
      );
      show(report, flags.has("json"), context.print);
    } finally {
      await capture.close();
    }
  },
};

function parseHours(text: string | undefined): number {
  const hours = Number(text);
  if (text !== undefined && hours > 0 && hours <= MAX_HOURS) return hours;
  throw new ConfigError(
    `Option --hours must be a number above 0 up to ${MAX_HOURS}: is "${text ?? ""}"`,
  );
}

interface SoakArgs {
  readonly address: CameraAddress;
  readonly duration: Duration;
  readonly recordTo: string | undefined;
}

async function soak(
  { address, duration, recordTo }: SoakArgs,
  world: World,
  { log, stop }: CliContext,
): Promise<SoakReport> {
  const { clock } = world;
  const timer = stopAfter(stop, clock, duration);
  const failed = Promise.withResolvers<never>();
  const flights = recordTo === undefined
    ? undefined
    : new FlightLog({ dir: recordTo, maxFiles: MAX_FLIGHTS }, world, log);
  const hub = new CameraHub({
    world,
    log,
    modelOf: flights?.modelOf ?? cameraModel,
    isListenError: (error) => error instanceof ListenError,
    onBug: failed.reject,
  });
  reportEvents(hub.events, log);
  flights?.watch(hub.events, () => address);
  try {
    const name = await addCamera(hub, { address, idle: DEFAULT_IDLE });
    const started = await Promise.race([
      hub.start(name, { for: duration, wait: "frame", cause: { by: "cli" } }),
      aborted(timer.signal),
      failed.promise,
    ]);
    const failure = started === undefined ? undefined : failureOfStart(started);
    if (failure !== undefined) throw failure;
    const meter = new SoakMeter(clock.now(), hub.get(name)?.way);
    hub.events.subscribe((event) => meter.event(event));
    const sample = () => meter.sample(clock.now(), processStats());
    const every = Math.min(SAMPLE_EVERY, duration / MIN_SAMPLES);
    const stopSampling = sampleEvery(clock, every, sample);
    try {
      await Promise.race([watch(hub, `/${name}`, meter, clock, timer.signal), failed.promise]);
      sample();
      return meter.report(clock.now());
    } finally {
      stopSampling();
    }
  } finally {
    timer.cancel();
    await hub.close();
    await flights?.close();
  }
}

/** One viewer, who comes back whenever what it watches ends. */
async function watch(
  hub: CameraHub,
  path: string,
  meter: SoakMeter,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const find = findSource(hub);
  while (!signal.aborted) {
    try {
      const source = await find(path, signal, { address: "127.0.0.1", port: 0 });
      const video = source?.tracks.find(({ kind }) => kind === "video")?.id;
      const ended = Promise.withResolvers<void>();
      // The group of pictures handed over at once is of the past.
      let isLive = false;
      const leave = source?.read({
        onUnit(unit) {
          if (!isLive || unit.trackId !== video) return;
          meter.frame(clock.now(), unit.parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
        },
        onEnd: () => ended.resolve(),
      });
      isLive = true;
      await Promise.race([ended.promise, aborted(signal)]);
      leave?.();
    } catch (error) {
      if (!(error instanceof SourceUnavailableError) && !signal.aborted) throw error;
    }
    await Promise.race([passed(clock, AGAIN_AFTER), aborted(signal)]);
  }
}

function passed(clock: Clock, delay: Duration): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(delay, resolve));
}

function sampleEvery(clock: Clock, interval: Duration, sample: () => void): () => void {
  let cancel = () => {};
  const next = () => {
    sample();
    cancel = clock.setTimer(interval, next);
  };
  next();
  return () => cancel();
}

function show(report: SoakReport, json: boolean, print: (line: string) => void): void {
  if (json) return print(JSON.stringify({ event: "soak", ...report }));
  const mebibytes = (value: number) => `${(value / 2 ** 20).toFixed(1)} MiB`;
  const seconds = (value: Duration) => `${(value / 1_000).toFixed(2)} s`;
  const { longestGap, longestGapAt, stalls, stalled, memorySlope } = report;
  const rows = [
    ["time", formatDuration(report.hours * HOUR)],
    ["pictures", String(report.frames)],
    ["received", mebibytes(report.bytes)],
    ["longest gap", `${seconds(longestGap)}, ${formatDuration(longestGapAt)} in`],
    ["stalls", `${stalls}${stalls === 0 ? "" : `, ${seconds(stalled)} altogether`}`],
    ["streams asked for again", String(report.restarts)],
    ["connections rebuilt", String(report.rebuilds)],
    ["failures on the way", String(report.failures)],
    ["way changes", String(report.wayChanges)],
    ["memory", `${mebibytes(report.residentBytes)}, at most ${mebibytes(report.maxResidentBytes)}`],
    [
      "memory growth",
      memorySlope === null ? "too short to tell" : `${mebibytes(memorySlope)} an hour`,
    ],
    ["processor", `${(100 * report.cpu).toFixed(1)} %`],
  ];
  for (const line of formatTable(["what", "how much"], rows)) print(line);
}
