import { type DahuaAddress, parseCameraAddress } from "../config/camera_address.ts";
import { ConfigError } from "../config/config_error.ts";
import { DURATION_RULE, parseDuration } from "../config/duration.ts";
import { DahuaCamera } from "../hub/dahua_camera.ts";
import { LinkError } from "../hub/link_error.ts";
import type { MediaPath } from "../hub/media_path.ts";
import { type RtspServer, startRtspServer } from "../rtsp/server.ts";
import { parseStreamPath } from "../hub/stream_path.ts";
import type { Duration, Endpoint } from "../machine.ts";
import type { Source } from "../media/source.ts";
import { type ParsedArgs, readArgs } from "./args.ts";
import { aborted } from "./aborted.ts";
import type { CliContext, Command } from "./context.ts";
import { parseEndpointArgument } from "./endpoint_argument.ts";
import { ExitCode, Failure, failureOf } from "./exit_code.ts";
import { PASSWORD_HELP, withPassword } from "./password.ts";
import { reportPath, reportPool } from "./pool_report.ts";
import { stopAfter } from "./stop_after.ts";
import { reportTunnel } from "./tunnel_report.ts";

const DEFAULT_LISTEN: Endpoint = { address: "127.0.0.1", port: 8554 };
const DEFAULT_IDLE: Duration = 30_000;

/** How long the first key frame may take. */
const FIRST_PICTURE: Duration = 18_000;

interface OpenArgs {
  readonly address: DahuaAddress;
  readonly listen: Endpoint;
  readonly duration: Duration | undefined;
  readonly idle: Duration;
  readonly json: boolean;
}

export const openCommand: Command = {
  name: "open",
  summary: "one camera as an RTSP stream on this machine, for any number of viewers",
  help: [
    "Usage: sightline open ADDRESS [--listen 127.0.0.1:8554] [--for 10m] [--idle 30s] [--json]",
    "",
    "Offers one camera as rtsp://127.0.0.1:8554/SERIAL, without the camera's credentials, however",
    "many viewers there are: the camera is pulled once. Prints the URL once a key frame is in hand,",
    "then every change of state. The camera is left when nobody watches, and reached again when",
    "somebody does.",
    "",
    "  sightline open dahua://admin@4K0123PAZ00001",
    "  ffplay rtsp://127.0.0.1:8554/4K0123PAZ00001",
    "",
    "Behind the name: /sub for the sub stream, /ch2 for another channel of a recorder, /ch2/sub.",
    "ADDRESS is dahua://[user[:password]@]SERIAL[?channel=1&subtype=0&way=auto&server=HOST:PORT].",
    ...PASSWORD_HELP,
    "",
    "  --listen ADDRESS:PORT  where to offer it",
    `  --for DURATION         end by itself after that long; ${DURATION_RULE}`,
    "  --idle DURATION        leave the camera so long after the last viewer, default 30s",
    "  --password-stdin       one line of standard input is the password",
    "  --json                 one JSON object a line: state, open, way-failed, lost, url, stalled",
  ].join("\n"),
  async run(args, context) {
    const parsed = readArgs(args, {
      values: ["listen", "for", "idle"],
      flags: ["password-stdin"],
    });
    const request = parse(parsed);
    const address = await withPassword(request.address, parsed, context);
    await open({ ...request, address }, context);
  },
};

function parse({ positionals, values, flags }: ParsedArgs): OpenArgs {
  const [text, ...rest] = positionals;
  if (text === undefined || rest.length > 0) {
    throw new ConfigError("open needs one ADDRESS; see --help");
  }
  const address = parseCameraAddress(text);
  if (address.vendor !== "dahua") {
    throw new ConfigError(
      "open needs a dahua:// address: Reolink cameras come with a later version",
    );
  }
  const listen = values.get("listen");
  const duration = values.get("for");
  const idle = values.get("idle");
  return {
    address,
    listen: listen === undefined
      ? DEFAULT_LISTEN
      : parseEndpointArgument(listen, "Option --listen"),
    duration: duration === undefined ? undefined : parseDuration(duration, "Option --for"),
    idle: idle === undefined ? DEFAULT_IDLE : parseDuration(idle, "Option --idle"),
    json: flags.has("json"),
  };
}

async function open(args: OpenArgs, context: CliContext): Promise<void> {
  const { address, json, idle } = args;
  const { world, print, log } = context;
  const printJson = json ? (value: object) => print(JSON.stringify(value)) : undefined;
  const timer = stopAfter(context.stop, world.clock, args.duration);
  const failed = Promise.withResolvers<never>();
  const camera = new DahuaCamera({
    address,
    world,
    idle,
    onTunnelEvent: reportTunnel(log, printJson),
    onPoolEvent: reportPool(address.serial, json, log, print),
    onPathEvent: reportPath(log, printJson),
    onBug: failed.reject,
  });
  try {
    const server = await startRtspServer(world, {
      listen: args.listen,
      find: (path) => find(camera, address, path),
      openUdp: world.openUdp,
      log,
    });
    try {
      const stopped = aborted(timer.signal);
      const picture = firstPicture(camera, address, context).then(() =>
        announce(args, server, print)
      );
      await Promise.race([picture, stopped, failed.promise]);
      await Promise.race([stopped, failed.promise]);
    } finally {
      await server.close();
    }
  } catch (error) {
    const failure = error instanceof LinkError ? failureOf(error.end) : error;
    if (failure !== undefined) throw failure;
  } finally {
    timer.cancel();
    await camera.close();
  }
}

async function find(
  camera: DahuaCamera,
  address: DahuaAddress,
  path: string,
): Promise<Source | undefined> {
  const name = parseStreamPath(path, address.serial, address);
  return name === undefined ? undefined : await camera.path(name)?.find();
}

/** Resolves once a key frame of the camera's own stream is in hand. */
async function firstPicture(
  camera: DahuaCamera,
  address: DahuaAddress,
  { world: { clock } }: CliContext,
): Promise<void> {
  const path = camera.path(address);
  if (path === undefined) throw new Error("A new camera has room for its first path");
  const source = await path.find();
  const picture = Promise.withResolvers<void>();
  const cancel = clock.setTimer(FIRST_PICTURE, () => picture.reject(noPicture(path)));
  const stop = source.read({
    onUnit: () => path.keyframe !== undefined && picture.resolve(),
    onEnd: () => picture.reject(noPicture(path)),
  });
  // What was there already was handed over before `read` returned.
  if (path.keyframe !== undefined) picture.resolve();
  await picture.promise.finally(() => {
    cancel();
    stop();
  });
}

function noPicture(path: MediaPath): Failure {
  const detail = `no key frame came within ${FIRST_PICTURE / 1_000} s (stream ${path.state})`;
  return new Failure(
    ExitCode.timedOut,
    detail,
    "The camera sends no video: check its stream settings.",
  );
}

function announce(
  { address, json }: OpenArgs,
  { endpoint }: RtspServer,
  print: (line: string) => void,
): void {
  const url = `rtsp://${endpoint.address}:${endpoint.port}/${address.serial}`;
  print(json ? JSON.stringify({ event: "url", url }) : url);
}
