import type { CameraJson } from "../../../routes/camera_json.ts";
import { ConfigError } from "../../config/config_error.ts";
import { terminalWidth } from "../../io/terminal.ts";
import { readArgs } from "../args.ts";
import type { Command } from "../context.ts";
import { DAEMON_HELP, DAEMON_OPTIONS, DaemonClient } from "../daemon_client.ts";
import { formatTable } from "../table.ts";
import { away } from "../time_words.ts";

export const listCommand: Command = {
  name: "list",
  summary: "the cameras of a running daemon and what they do",
  options: DAEMON_OPTIONS,
  help: [
    "Usage: sightline list [--json]",
    "",
    "The cameras of a running sightline serve: their state and for how long, by which way they are",
    "reached, how many watch, and for how much longer a start keeps them open.",
    "",
    ...DAEMON_HELP,
    "  --json         one JSON object a camera, as the API has it",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, DAEMON_OPTIONS);
    const [extra] = parsed.positionals;
    if (extra !== undefined) throw new ConfigError(`list takes no argument "${extra}"`);
    const cameras = await new DaemonClient(parsed, context).cameras();
    if (parsed.flags.has("json")) {
      for (const camera of cameras) context.print(JSON.stringify(camera));
      return;
    }
    const now = context.world.clock.wallClock();
    const rows = cameras.map((camera) => rowOf(camera, now));
    for (const line of formatTable(HEADINGS, rows, terminalWidth())) context.print(line);
  },
};

const HEADINGS = ["NAME", "STATE", "SINCE", "WAY", "VIEWERS", "LEASE", "RTSP"];

function rowOf(camera: CameraJson, now: number): readonly string[] {
  const { name, state, since, way, viewers, lease, rtsp } = camera;
  return [
    name,
    state,
    away(since, now),
    way ?? "-",
    String(viewers),
    leaseWords(lease, now),
    rtsp[0] ?? "-",
  ];
}

/** For how much longer a start keeps a camera open. */
export function leaseWords(lease: CameraJson["lease"], now: number): string {
  if (lease === undefined) return "-";
  return lease.until === undefined ? "until stop" : away(lease.until, now);
}
