import { type DahuaAddress, parseCameraAddress } from "../../config/camera_address.ts";
import { ConfigError } from "../../config/config_error.ts";
import { DURATION_RULE, parseDuration } from "../../config/duration.ts";
import { parseForward } from "../../config/port_forward.ts";
import { formatEndpoint } from "../../endpoint.ts";
import { createDahuaPool } from "../../hub/dahua/pool.ts";
import { type Forward, Forwarder } from "../../hub/forwarder.ts";
import { LinkError } from "../../hub/link/link_error.ts";
import type { Duration, Endpoint } from "../../machine.ts";
import { aborted } from "../aborted.ts";
import { type OptionSpec, type ParsedArgs, readArgs } from "../args.ts";
import { CAPTURE_HELP, CAPTURE_OPTIONS, startCapture } from "../capture.ts";
import type { CliContext, Command } from "../context.ts";
import { failureOf } from "../exit_code.ts";
import { reportPool } from "../pool_report.ts";
import { PASSWORD_HELP, withPassword } from "../password.ts";
import { stopAfter } from "../stop_after.ts";
import { reportTunnel } from "../tunnel_report.ts";

const RTSP_PORT = 554;

interface ForwardArgs {
  readonly address: DahuaAddress;
  readonly forwards: readonly Forward[];
  readonly duration: Duration | undefined;
  readonly json: boolean;
  /** End when the camera is lost instead of coming back to it. */
  readonly once: boolean;
}

const OPTIONS: OptionSpec = {
  values: ["for", ...CAPTURE_OPTIONS.values],
  flags: ["once", "password-stdin", ...CAPTURE_OPTIONS.flags],
};

export const forwardCommand: Command = {
  name: "forward",
  summary: "TCP ports of a Dahua device as ports of this machine",
  options: OPTIONS,
  help: [
    "Usage: sightline forward ADDRESS [BIND:]PORT:DEVICEPORT… [--for 30m] [--once] [--json]",
    "",
    "Offers ports of a Dahua-family device (554 RTSP, 80 web page, 37777 vendor client) as ports",
    "of this machine, until stopped. Many connections at once; BIND is 127.0.0.1 unless given.",
    "",
    "  sightline forward dahua://4K0123PAZ00001 8554:554 8080:80",
    "  ffplay -rtsp_transport tcp \\",
    "    'rtsp://USER:PASSWORD@127.0.0.1:8554/cam/realmonitor?channel=1&subtype=0'",
    "",
    "ADDRESS is dahua://[user[:password]@]SERIAL[?way=auto|lan|direct|relay&server=HOST:PORT",
    "&dialect=dh|nf]. Newer firmware wants an account of the device before it opens a channel.",
    ...PASSWORD_HELP,
    "",
    `  --for DURATION   end by itself after that long; ${DURATION_RULE}`,
    "  --password-stdin one line of standard input is the password",
    "  --once           end with an exit code when the camera is lost; otherwise sightline keeps",
    "                   listening and comes back to it, 1 to 60 s later",
    ...CAPTURE_HELP,
    "  --json           one JSON object a line: listening, state, open, way-failed, closed, lost",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const request = parse(parsed);
    const address = await withPassword(request.address, parsed, context);
    const capture = await startCapture(parsed, context);
    try {
      await forward({ ...request, address }, { ...context, world: capture.world });
    } finally {
      await capture.close();
    }
  },
};

function parse({ positionals, values, flags }: ParsedArgs): ForwardArgs {
  const [text, ...specs] = positionals;
  if (text === undefined || specs.length === 0) {
    throw new ConfigError("forward needs an ADDRESS and at least one PORT:DEVICEPORT; see --help");
  }
  const address = parseCameraAddress(text);
  if (address.vendor !== "dahua") {
    throw new ConfigError(
      "forward needs a dahua:// address: Reolink cameras have no ports to offer",
    );
  }
  const duration = values.get("for");
  return {
    address,
    forwards: specs.map(parseForward),
    duration: duration === undefined ? undefined : parseDuration(duration, "Option --for"),
    json: flags.has("json"),
    once: flags.has("once"),
  };
}

/** Ports first, so that a taken one is known before the cloud is asked anything. */
async function forward(args: ForwardArgs, context: CliContext): Promise<void> {
  const { world, print, log } = context;
  const printJson = args.json ? (value: object) => print(JSON.stringify(value)) : undefined;
  const timer = stopAfter(context.stop, world.clock, args.duration);
  const failed = Promise.withResolvers<never>();
  const report = reportPool(args.address.serial, args.json, log, print);
  const reportFirst = reportTunnel(log, printJson);
  const reportFurther = reportTunnel(log.with({ session: "further" }), undefined);
  let isOpen = false;
  const pool = createDahuaPool({
    address: args.address,
    world,
    // Many connections need further sessions, which change nothing about the camera being open.
    onTunnelEvent: (event) => (isOpen ? reportFurther : reportFirst)(event),
    onEvent(event) {
      if (event.type === "open" && isOpen) return;
      isOpen = event.type === "open";
      report(event);
      if (event.type !== "lost" || (event.retryIn < Infinity && !args.once)) return;
      failed.reject(new LinkError(event.end));
    },
    onBug: failed.reject,
  });
  try {
    const forwarder = await Forwarder.start({
      forwards: args.forwards,
      listenTcp: world.listenTcp,
      openStream: (port) => pool.openStream(port),
      log,
    });
    try {
      announce(args, forwarder.addresses, print);
      const stopped = aborted(timer.signal);
      await Promise.race([pool.start(), stopped, failed.promise]);
      await Promise.race([stopped, failed.promise]);
    } finally {
      isOpen = false;
      await pool.close();
      await forwarder.close();
    }
  } catch (error) {
    const failure = error instanceof LinkError ? failureOf(error.end) : error;
    if (failure !== undefined) throw failure;
  } finally {
    timer.cancel();
  }
}

function announce(
  { forwards, address, json }: ForwardArgs,
  addresses: readonly Endpoint[],
  print: (line: string) => void,
): void {
  const offers = forwards.map(({ devicePort }, i) => ({
    listen: formatEndpoint(addresses[i] ?? { address: "", port: 0 }),
    devicePort,
  }));
  if (json) return print(JSON.stringify({ event: "listening", forwards: offers }));
  for (const { listen, devicePort } of offers) {
    const path = `/cam/realmonitor?channel=${address.channel}&subtype=${address.subtype}`;
    const hint = devicePort === RTSP_PORT ? `  rtsp://USER:PASSWORD@${listen}${path}` : "";
    print(`Listening on ${listen} for device port ${devicePort}${hint}`);
  }
}
