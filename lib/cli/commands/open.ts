import { type CameraAddress, parseCameraAddress } from "../../config/camera_address.ts";
import { ConfigError } from "../../config/config_error.ts";
import { DEFAULT_IDLE, DEFAULT_RTSP_LISTEN } from "../../config/daemon_config.ts";
import { DURATION_RULE, parseDuration } from "../../config/duration.ts";
import { parseEndpointArgument } from "../../config/endpoint_argument.ts";
import { formatEndpoint } from "../../endpoint.ts";
import { CameraHub } from "../../hub/camera_hub.ts";
import { cameraModel } from "../../hub/camera_model.ts";
import type { StartResult } from "../../hub/hub.ts";
import type { HubEvent } from "../../hub/hub_event.ts";
import { eventJson } from "../../hub/event_json.ts";
import { findSource } from "../../hub/find_source.ts";
import { ListenError } from "../../io/errors.ts";
import type { World } from "../../io/types.ts";
import type { Duration, Endpoint } from "../../machine.ts";
import { startRtspServer } from "../../rtsp/server/server.ts";
import { aborted } from "../aborted.ts";
import { type OptionSpec, type ParsedArgs, readArgs } from "../args.ts";
import { CAPTURE_HELP, CAPTURE_OPTIONS, startCapture } from "../capture.ts";
import type { CliContext, Command } from "../context.ts";
import { reportEvents } from "../event_report.ts";
import { eventWords } from "../event_words.ts";
import { ExitCode, Failure, failureOf } from "../exit_code.ts";
import { PASSWORD_HELP, withPassword } from "../password.ts";
import { FlightLog, MAX_FLIGHTS } from "../flight_log.ts";
import { stopAfter } from "../stop_after.ts";

const OPTIONS: OptionSpec = {
  values: ["listen", "for", "idle", "record", ...CAPTURE_OPTIONS.values],
  flags: ["password-stdin", ...CAPTURE_OPTIONS.flags],
};

interface OpenArgs {
  readonly address: CameraAddress;
  readonly listen: Endpoint;
  readonly duration: Duration | undefined;
  readonly idle: Duration;
  /** Where recordings of failures go. */
  readonly recordTo: string | undefined;
  readonly json: boolean;
}

export const openCommand: Command = {
  name: "open",
  summary: "one camera as an RTSP stream on this machine, for any number of viewers",
  options: OPTIONS,
  help: [
    "Usage: sightline open ADDRESS [--listen 127.0.0.1:8554] [--for 10m] [--idle 30s] [--json]",
    "",
    "Offers one camera as rtsp://127.0.0.1:8554/SERIAL-OR-UID, without the camera's credentials,",
    "however many viewers there are: the camera is pulled once. Prints the URL once a key frame is",
    "in hand, then every change of state. The camera is left when nobody watches, and reached again",
    "when somebody does.",
    "",
    "  sightline open dahua://admin@4K0123PAZ00001",
    "  ffplay rtsp://127.0.0.1:8554/4K0123PAZ00001",
    "  sightline open reolink://admin@95270000YGAKNWKJ",
    "  sightline open reolink://admin@192.168.1.20",
    "",
    "Behind the name: /sub for the sub stream, /ch2 for another channel of a Dahua recorder,",
    "/ch2/sub; with ?peek the last picture, for which the camera is neither reached nor woken.",
    "ADDRESS is dahua://[user[:password]@]SERIAL[?channel=1&subtype=0&way=auto&server=HOST:PORT],",
    "reolink://[user[:password]@]UID[?stream=main&channel=0&way=auto&server=HOST:PORT], or",
    "reolink://[user[:password]@]192.168.1.20[:9000].",
    ...PASSWORD_HELP,
    "",
    "  --listen ADDRESS:PORT  where to offer it",
    `  --for DURATION         end by itself after that long; ${DURATION_RULE}`,
    "  --idle DURATION        leave the camera so long after the last viewer, default 30s",
    "  --record DIR           keep the last two minutes in mind, and write them there, redacted,",
    "                         whenever the camera stalls or fails; for sightline replay",
    ...CAPTURE_HELP,
    "  --password-stdin       one line of standard input is the password",
    "  --json                 one JSON object a line: url, and the events of the API, e.g. state,",
    "                         error, way, viewers, stall",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, OPTIONS);
    const request = parse(parsed);
    const address = await withPassword(request.address, parsed, context);
    const capture = await startCapture(parsed, context);
    try {
      await open({ ...request, address }, capture.world, context);
    } finally {
      await capture.close();
    }
  },
};

function parse({ positionals, values, flags }: ParsedArgs): OpenArgs {
  const [text, ...rest] = positionals;
  if (text === undefined || rest.length > 0) {
    throw new ConfigError("open needs one ADDRESS; see --help");
  }
  const listen = values.get("listen");
  const duration = values.get("for");
  const idle = values.get("idle");
  return {
    address: parseCameraAddress(text),
    listen: listen === undefined
      ? DEFAULT_RTSP_LISTEN
      : parseEndpointArgument(listen, "Option --listen"),
    duration: duration === undefined ? undefined : parseDuration(duration, "Option --for"),
    idle: idle === undefined ? DEFAULT_IDLE : parseDuration(idle, "Option --idle"),
    recordTo: values.get("record"),
    json: flags.has("json"),
  };
}

/** @param cameraWorld The world as cameras have it. */
async function open(args: OpenArgs, cameraWorld: World, context: CliContext): Promise<void> {
  const { world, log } = context;
  const timer = stopAfter(context.stop, world.clock, args.duration);
  const failed = Promise.withResolvers<never>();
  const flights = args.recordTo === undefined
    ? undefined
    : new FlightLog({ dir: args.recordTo, maxFiles: MAX_FLIGHTS }, world, log);
  await flights?.prepare();
  const hub = new CameraHub({
    world: cameraWorld,
    log,
    modelOf: flights?.modelOf ?? cameraModel,
    isListenError: (error) => error instanceof ListenError,
    onBug: failed.reject,
  });
  reportEvents(hub.events, log);
  flights?.watch(hub.events, () => args.address);
  try {
    const name = await addCamera(hub, args);
    const { openUdp } = world;
    const server = await startRtspServer(world, {
      listen: args.listen,
      find: findSource(hub),
      openUdp,
      log,
    });
    try {
      const stopped = aborted(timer.signal);
      const url = `rtsp://${formatEndpoint(server.endpoint)}/${name}`;
      const shown = showPicture(hub, name, url, args, context);
      await Promise.race([shown, stopped, failed.promise]);
      await Promise.race([stopped, failed.promise]);
    } finally {
      await server.close();
    }
  } finally {
    timer.cancel();
    await hub.close();
    await flights?.close();
  }
}

/** Named by what the camera itself is known by. */
export async function addCamera(
  hub: CameraHub,
  { address, idle }: Pick<OpenArgs, "address" | "idle">,
): Promise<string> {
  const name = address.vendor === "dahua"
    ? address.serial
    : address.target.type === "uid"
    ? address.target.uid
    : address.target.host;
  const result = await hub.put({
    name,
    address,
    mode: "on-demand",
    idle,
    forward: [],
    wakeBudget: undefined,
  });
  if (result.type === "refused") throw new Failure(ExitCode.usage, result.detail, result.advice);
  return name;
}

/** Prints the URL once a key frame is in hand; changes of state come after it, as JSON from now on. */
async function showPicture(
  hub: CameraHub,
  name: string,
  url: string,
  { idle, json }: OpenArgs,
  { print }: CliContext,
): Promise<void> {
  if (json) hub.events.subscribe((event) => print(asJson(event)));
  const result = await hub.start(name, { for: idle, wait: "frame", cause: { by: "cli" } });
  const failure = failureOfStart(result);
  if (failure !== undefined) throw failure;
  // Stopped before there was anything to show.
  if (result.type !== "frame") return;
  print(json ? JSON.stringify({ event: "url", url }) : url);
  if (json) return;
  hub.events.subscribe((event) => {
    if (SHOWN.includes(event.type)) print(eventWords(eventJson(event)));
  });
}

/** Events that tell how the camera is. */
const SHOWN: readonly HubEvent["type"][] = ["state", "way", "stall"];

function asJson(event: HubEvent): string {
  const { type, id: _, ...rest } = eventJson(event);
  return JSON.stringify({ event: type, ...rest });
}

/** Why there is no picture, as the program's end. */
export function failureOfStart(result: StartResult): Failure | undefined {
  switch (result.type) {
    case "started":
    case "frame":
      return undefined;
    case "failed":
      return failureOf(result.error);
    case "timedOut": {
      const { stage, detail, advice, status } = result;
      const { state, lastError } = status;
      if (state === "failed" && lastError !== undefined) return failureOf(lastError);
      return new Failure(ExitCode.timedOut, `${stage}: no key frame came: ${detail}`, advice);
    }
    case "refused":
    case "budget":
      return new Failure(ExitCode.noPath, result.detail, result.advice);
    case "unknown":
      return new Failure(ExitCode.unexpected, "the camera is gone");
  }
}
