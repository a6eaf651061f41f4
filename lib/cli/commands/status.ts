import type { CameraJson } from "../../../routes/camera_json.ts";
import { terminalWidth } from "../../io/terminal.ts";
import { readArgs } from "../args.ts";
import type { Command } from "../context.ts";
import { DAEMON_HELP, DAEMON_OPTIONS, DaemonClient } from "../daemon_client.ts";
import { printable } from "../daemon_failure.ts";
import { leaseWords } from "./list.ts";
import { maybeName } from "../one_name.ts";
import { cut } from "../table.ts";
import { away, formatBytes, formatDuration } from "../time_words.ts";

export const statusCommand: Command = {
  name: "status",
  summary: "all a running daemon knows of a camera",
  options: DAEMON_OPTIONS,
  completes: "camera",
  help: [
    "Usage: sightline status [NAME] [--json]",
    "",
    "All a running sightline serve knows of one camera, or of each: state and way, viewers, bytes,",
    "round trip and loss, the steps of the latest handshake, the last error and what to do about it.",
    "",
    ...DAEMON_HELP,
    "  --json         one JSON object a camera, as the API has it",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, DAEMON_OPTIONS);
    const name = maybeName("status", parsed);
    const client = new DaemonClient(parsed, context);
    const cameras = name === undefined ? await client.cameras() : [await client.camera(name)];
    const now = context.world.clock.wallClock();
    cameras.forEach((camera, i) => {
      if (parsed.flags.has("json")) return context.print(JSON.stringify(camera));
      if (i > 0) context.print("");
      for (const line of describe(camera, now)) context.print(line);
    });
  },
};

function describe(camera: CameraJson, now: number): readonly string[] {
  const pairs = [...presentState(camera, now), ...figures(camera), ...past(camera, now)];
  const labels = pairs.map(([label]) => label.length);
  const width = Math.max(...labels);
  return [
    camera.name,
    ...pairs.map(([label, text]) =>
      cut(`  ${label.padEnd(width)}  ${printable(text)}`, terminalWidth() ?? Infinity)
    ),
  ];
}

/** A label and what is behind it; what is not known is left out. */
type Pairs = readonly (readonly [string, string])[];

function presentState(camera: CameraJson, now: number): Pairs {
  const { state, since, way, stage, retryAt, lease, rtsp, mode, vendor, battery } = camera;
  const step = stage === undefined ? "" : ` (${stage})`;
  return [
    ["state", `${state}${step} for ${away(since, now)}`],
    ...some("way", way),
    ...some("retry", retryAt && `in ${away(retryAt, now)}`),
    ["mode", `${mode}, ${vendor}`],
    ...some("lease", lease && leaseWords(lease, now)),
    ...rtsp.map((url) => ["watch", url] as const),
    ...some(
      "battery",
      battery && `${battery.percent} %${battery.charging ? ", charging" : ""}, ` +
          `${away(battery.at, now)} ago`,
    ),
  ];
}

function figures({ viewers, bytes, rttMs, loss, keyframeAgeMs, forwards }: CameraJson): Pairs {
  const received = Object.entries(bytes.received).map(([way, count = 0]) =>
    `${formatBytes(count)} over ${way}`
  );
  return [
    ["viewers", String(viewers)],
    ...some("received", received.join(", ")),
    ...some("sent", bytes.sent > 0 ? formatBytes(bytes.sent) : undefined),
    ...some("round trip", rttMs === undefined ? undefined : formatDuration(rttMs)),
    ...some("loss", loss === undefined ? undefined : `${(100 * loss).toFixed(1)} %`),
    ...some("key frame", keyframeAgeMs === undefined ? undefined : ago(keyframeAgeMs)),
    ...forwards.map(({ listen, devicePort }) =>
      ["forward", `${listen} to port ${devicePort}`] as const
    ),
  ];
}

function past({ handshake, lastError, counters }: CameraJson, now: number): Pairs {
  const steps = handshake.map(({ stage, outcome, durationMs }) =>
    `${stage} ${durationMs === undefined ? outcome : formatDuration(durationMs)}` +
    (outcome === "failed" ? " failed" : "")
  );
  const { reconnects, stalls, failures, wakes } = counters;
  return [
    ...some("handshake", steps.join(", ")),
    [
      "so far",
      `${count(wakes, "connection")}, ${reconnects} lost, ${count(stalls, "stall")}, ` +
      count(failures, "failure"),
    ],
    ...some(
      "last error",
      lastError && `${away(lastError.at, now)} ago, ${lastError.stage}: ${lastError.detail}`,
    ),
    ...some("advice", lastError?.advice),
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function some(label: string, text: string | undefined): Pairs {
  return text === undefined || text === "" ? [] : [[label, text]];
}

function ago(duration: number): string {
  return `${formatDuration(duration)} old`;
}
