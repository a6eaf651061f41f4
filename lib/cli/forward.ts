import { type DahuaAddress, parseCameraAddress } from "../config/camera_address.ts";
import { ConfigError } from "../config/config_error.ts";
import { DURATION_RULE, parseDuration } from "../config/duration.ts";
import { formatEndpoint } from "../endpoint.ts";
import { DahuaLink } from "../hub/dahua_link.ts";
import { type Forward, Forwarder } from "../hub/forwarder.ts";
import type { Log } from "../log/log.ts";
import type { Duration, Endpoint } from "../machine.ts";
import { type ParsedArgs, readArgs } from "./args.ts";
import type { CliContext, Command } from "./context.ts";
import { failureOf } from "./exit_code.ts";
import { parseForward } from "./forward_spec.ts";
import { stopAfter } from "./stop_after.ts";
import { reportTunnel } from "./tunnel_report.ts";

const RTSP_PORT = 554;

interface ForwardArgs {
  readonly address: DahuaAddress;
  readonly forwards: readonly Forward[];
  readonly duration: Duration | undefined;
  readonly json: boolean;
}

export const forwardCommand: Command = {
  name: "forward",
  summary: "TCP ports of a Dahua device as ports of this machine",
  help: [
    "Usage: sightline forward ADDRESS [BIND:]PORT:DEVICEPORT… [--for 30m] [--json]",
    "",
    "Offers ports of a Dahua-family device (554 RTSP, 80 web page, 37777 vendor client) as ports",
    "of this machine, until stopped. Many connections at once; BIND is 127.0.0.1 unless given.",
    "",
    "  sightline forward dahua://4K0123PAZ00001 8554:554 8080:80",
    "  ffplay -rtsp_transport tcp \\",
    "    'rtsp://USER:PASSWORD@127.0.0.1:8554/cam/realmonitor?channel=1&subtype=0'",
    "",
    "ADDRESS is dahua://SERIAL[?way=auto|lan|direct|relay&server=HOST:PORT&dialect=dh|nf].",
    `  --for DURATION   end by itself after that long; ${DURATION_RULE}`,
    "  --json           one JSON object a line: listening, state, open, closed",
  ].join("\n"),
  async run(args, context) {
    await forward(parse(readArgs(args, { values: ["for"] })), context);
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
  };
}

/** Ports first, so that a taken one is known before the cloud is asked anything. */
async function forward(args: ForwardArgs, context: CliContext): Promise<void> {
  const { world, print, log } = context;
  const printJson = args.json ? (value: object) => print(JSON.stringify(value)) : undefined;
  const timer = stopAfter(context.stop, world.clock, args.duration);
  const opening = Promise.withResolvers<DahuaLink>();
  // Nobody may have asked for a stream when opening fails.
  opening.promise.catch(() => {});
  const forwarder = await Forwarder.start({
    forwards: args.forwards,
    listenTcp: world.listenTcp,
    openStream: async (port) => (await opening.promise).openStream(port),
    log,
  });
  try {
    announce(args, forwarder.addresses, print);
    await runLink(args, context, timer.signal, reportTunnel(log, printJson), opening);
  } finally {
    timer.cancel();
    opening.reject(new Error("the tunnel has ended"));
    await forwarder.close();
  }
}

async function runLink(
  { address, json }: ForwardArgs,
  { world, print, log }: CliContext,
  stop: AbortSignal,
  onEvent: ReturnType<typeof reportTunnel>,
  opening: PromiseWithResolvers<DahuaLink>,
): Promise<void> {
  if (stop.aborted) return;
  const link = await DahuaLink.start({ address, world, onEvent }, stop);
  const onStop = () => link.close();
  stop.addEventListener("abort", onStop);
  if (stop.aborted) onStop();
  try {
    const open = await link.opened;
    if (open !== undefined) {
      opening.resolve(link);
      print(
        json
          ? JSON.stringify({ event: "open", way: open.way, peer: formatEndpoint(open.peer) })
          : `Connected to ${address.serial}, way ${open.way}`,
      );
    }
    const end = await link.ended;
    logEnd(log, end);
    const failure = failureOf(end);
    if (failure !== undefined) throw failure;
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}

function logEnd(log: Log, { reason, detail }: { reason: string; detail: string }): void {
  log.info("tunnel ended", { reason, why: detail });
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
