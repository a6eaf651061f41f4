import { parseCameraAddress } from "../../config/camera_address.ts";
import { ConfigError } from "../../config/config_error.ts";
import {
  type CameraConfig,
  type DaemonConfig,
  DEFAULT_API_LISTEN,
  DEFAULT_IDLE,
  DEFAULT_RTSP_LISTEN,
} from "../../config/daemon_config.ts";
import { parseDuration } from "../../config/duration.ts";
import { parseEndpointArgument } from "../../config/endpoint_argument.ts";
import { ListenError } from "../../io/errors.ts";
import type { Endpoint } from "../../machine.ts";
import { parseScenario } from "../../sim/scenario.ts";
import type { SimulationDescription } from "../../sim/simulation.ts";
import { aborted } from "../aborted.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import type { CliContext, Command } from "../context.ts";
import { Daemon } from "../daemon.ts";
import { announce } from "./serve.ts";
import { startWithPicture } from "./sim.ts";
import { stopAfter } from "../stop_after.ts";

const OPTIONS: OptionSpec = { values: ["listen", "api", "for"] };

export const demoCommand: Command = {
  name: "demo",
  summary: "moving test pictures through simulated clouds, no camera needed",
  options: OPTIONS,
  help: [
    "Usage: sightline demo [--listen 127.0.0.1:8554] [--api 127.0.0.1:8580] [--for 10m] [--json]",
    "",
    "Starts simulated clouds and cameras, one of them on battery, and the daemon with them; prints",
    "RTSP addresses to play and the address of API and console.",
    "",
    "  --listen ADDRESS:PORT  where to offer it; another free port is taken when 8554 is in use",
    "  --api ADDRESS:PORT     where API and console are; another free port when 8580 is in use",
    "  --for DURATION         end by itself after that long",
    "  --json                 one JSON object: where RTSP and API are",
  ].join("\n"),
  async run(args, context) {
    const { values, flags, positionals } = readArgs(args, OPTIONS);
    if (positionals.length > 0) throw new ConfigError(`demo takes no argument "${positionals[0]}"`);
    const listen = await endpointOf("listen", values, DEFAULT_RTSP_LISTEN, context);
    const api = await endpointOf("api", values, DEFAULT_API_LISTEN, context);
    const duration = values.get("for");
    const timer = stopAfter(
      context.stop,
      context.world.clock,
      duration === undefined ? undefined : parseDuration(duration, "Option --for"),
    );
    try {
      await demo(listen, api, flags.has("json"), { ...context, stop: timer.signal });
    } finally {
      timer.cancel();
    }
  },
};

async function demo(
  listen: Endpoint,
  api: Endpoint,
  json: boolean,
  context: CliContext,
): Promise<void> {
  const { world, log, stop, print } = context;
  const sim = await startWithPicture(parseScenario(undefined), context);
  try {
    const failed = Promise.withResolvers<never>();
    const config = configOf(listen, api, sim.simulation.description);
    const daemon = await Daemon.start(config, { world, log, onBug: failed.reject });
    try {
      announce(daemon, json, print);
      if (!json) print("Ctrl-C ends it.");
      await Promise.race([aborted(stop), failed.promise, sim.simulation.ended]);
    } finally {
      await daemon.close();
    }
  } finally {
    await sim.close();
  }
}

function configOf(
  listen: Endpoint,
  api: Endpoint,
  { dahua, reolink }: SimulationDescription,
): DaemonConfig {
  const cameras = [
    ...dahua.cameras.map(({ serial, ...account }) => ({
      kind: "dahua",
      address: `dahua://${userinfo(account)}${serial}?server=${dahua.server}`,
    })),
    ...reolink.cameras.map(({ uid, power, ...account }) => ({
      kind: power === "battery" ? "battery" : "reolink",
      address: `reolink://${userinfo(account)}${uid}?server=${reolink.servers.join(",")}`,
    })),
  ];
  return {
    api: { listen: api, tokens: [], allowedHosts: [], allowedOrigins: [] },
    rtsp: { listen, users: [] },
    cameras: cameras.map(({ kind, address }, index): CameraConfig => ({
      name: index === 0 ? "demo" : kind,
      address: parseCameraAddress(address),
      mode: "on-demand",
      idle: DEFAULT_IDLE,
      forward: [],
      wakeBudget: undefined,
    })),
    webhooks: [],
    mqtt: undefined,
    log: { level: undefined, format: undefined },
  };
}

function userinfo({ user, password }: { readonly user: string; readonly password: string }) {
  return `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
}

/** The endpoint asked for, or the usual one, with a free port where that is taken. */
async function endpointOf(
  option: string,
  values: ReadonlyMap<string, string>,
  usual: Endpoint,
  { world, log }: CliContext,
): Promise<Endpoint> {
  const wanted = values.get(option);
  if (wanted !== undefined) return parseEndpointArgument(wanted, `Option --${option}`);
  try {
    const listener = await world.listenTcp(usual, (stream) => stream.abort());
    await listener.close();
    return usual;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    log.warn("port is in use, taking another one", { wanted: usual.port });
    return { ...usual, port: 0 };
  }
}
