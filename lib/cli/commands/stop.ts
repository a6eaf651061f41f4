import { readArgs } from "../args.ts";
import type { Command } from "../context.ts";
import { DAEMON_HELP, DAEMON_OPTIONS, DaemonClient } from "../daemon_client.ts";
import { oneName } from "../one_name.ts";

export const stopCommand: Command = {
  name: "stop",
  summary: "have a running daemon close a camera now",
  options: DAEMON_OPTIONS,
  completes: "camera",
  help: [
    "Usage: sightline stop NAME [--json]",
    "",
    "Asks a running sightline serve to close a camera, viewers and all. Closing one that is closed",
    "is no error. The next viewer of an on-demand camera opens it again. Quiet on success.",
    "",
    ...DAEMON_HELP,
    "  --json         the camera, as the API has it",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, DAEMON_OPTIONS);
    const name = oneName("stop", parsed);
    const camera = await new DaemonClient(parsed, context).stop(name);
    if (parsed.flags.has("json")) context.print(JSON.stringify(camera));
  },
};
