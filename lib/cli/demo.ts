import { ConfigError } from "../config/config_error.ts";
import { parseDuration } from "../config/duration.ts";
import { parseEndpointArgument } from "./endpoint_argument.ts";
import { ListenError } from "../io/errors.ts";
import type { Endpoint } from "../machine.ts";
import { parseScenario } from "../sim/scenario.ts";
import { readArgs } from "./args.ts";
import type { CliContext, Command } from "./context.ts";
import { forwardCommand } from "./forward.ts";
import { startWithPicture } from "./sim.ts";
import { stopAfter } from "./stop_after.ts";

const DEFAULT_LISTEN: Endpoint = { address: "127.0.0.1", port: 8554 };

export const demoCommand: Command = {
  name: "demo",
  summary: "a moving test picture through a simulated cloud, no camera needed",
  help: [
    "Usage: sightline demo [--listen 127.0.0.1:8554] [--for 10m]",
    "",
    "Starts a simulated cloud and camera and a tunnel to it, and prints an RTSP address to play.",
    "",
    "  --listen ADDRESS:PORT  where to offer it; another free port is taken when 8554 is in use",
    "  --for DURATION         end by itself after that long",
  ].join("\n"),
  async run(args, context) {
    const { values, positionals } = readArgs(args, { values: ["listen", "for"] });
    if (positionals.length > 0) throw new ConfigError(`demo takes no argument "${positionals[0]}"`);
    const wanted = values.get("listen");
    const asked = wanted === undefined
      ? DEFAULT_LISTEN
      : parseEndpointArgument(wanted, "Option --listen");
    const mayMove = wanted === undefined || asked.port === 0;
    const listen = mayMove ? await freeEndpoint(asked, context) : asked;
    const duration = values.get("for");
    const timer = stopAfter(
      context.stop,
      context.world.clock,
      duration === undefined ? undefined : parseDuration(duration, "Option --for"),
    );
    try {
      await demo(listen, { ...context, stop: timer.signal });
    } finally {
      timer.cancel();
    }
  },
};

async function demo(listen: Endpoint, context: CliContext): Promise<void> {
  const sim = await startWithPicture(parseScenario(undefined), context);
  try {
    const { server, cameras } = sim.simulation.description.dahua;
    const address = `dahua://${cameras[0]?.serial}?server=${server}`;
    context.print(`Simulated camera: ${address}`);
    context.print("");
    context.print(
      `  Play this:  rtsp://${listen.address}:${listen.port}/cam/realmonitor?channel=1&subtype=0`,
    );
    context.print("");
    context.print("Ctrl-C ends it.");
    await forwardCommand.run([address, `${listen.address}:${listen.port}:554`], {
      ...context,
      print: () => {},
    });
  } finally {
    await sim.close();
  }
}

/** The endpoint, or one with a free port where that is taken. */
async function freeEndpoint(at: Endpoint, { world, log }: CliContext): Promise<Endpoint> {
  try {
    const listener = await world.listenTcp(at, (stream) => stream.abort());
    await listener.close();
    return listener.local;
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const any = await world.listenTcp({ ...at, port: 0 }, (stream) => stream.abort());
    await any.close();
    log.warn("port is in use, taking another one", { wanted: at.port, taken: any.local.port });
    return any.local;
  }
}
