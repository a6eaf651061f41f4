import { parse, YAMLParseError } from "yaml";
import { ConfigError } from "../config/config_error.ts";
import { parseScenario, type Scenario, ScenarioError } from "../sim/scenario.ts";
import { type Simulation, type SimulationDescription, startSimulation } from "../sim/simulation.ts";
import { startRtspCamera } from "../sim/rtsp_camera.ts";
import { readArgs } from "./args.ts";
import type { CliContext, Command } from "./context.ts";

const LOOPBACK = "127.0.0.1";
const MAX_SCENARIO_BYTES = 1 << 20;

export const simCommand: Command = {
  name: "sim",
  summary: "a simulated vendor cloud, NATs and cameras on loopback",
  help: [
    "Usage: sightline sim [--scenario FILE] [--json]",
    "",
    "Runs a simulated vendor cloud and cameras until stopped, on 127.0.0.1 only, and prints the",
    "addresses to use. Without a scenario: one Dahua camera behind no NAT, with a test picture.",
    "",
    "  --scenario FILE  YAML or JSON: cameras, NAT kinds, bad links with a seed, faults, and the",
    "                   real TCP address behind each port of a camera; see the README",
    "  --json           print one JSON object: the server and its cameras",
  ].join("\n"),
  async run(args, context) {
    const { values, flags, positionals } = readArgs(args, { values: ["scenario"] });
    if (positionals.length > 0) throw new ConfigError(`sim takes no argument "${positionals[0]}"`);
    const scenario = await readScenario(values.get("scenario"), context);
    const sim = await startWithPicture(scenario, context);
    try {
      const { description } = sim.simulation;
      if (flags.has("json")) context.print(JSON.stringify(description));
      else for (const line of describe(description)) context.print(line);
      await sim.simulation.ended;
    } finally {
      await sim.close();
    }
  },
};

/** A simulation whose cameras show the test picture on port 554 unless the scenario says otherwise. */
export async function startWithPicture(
  scenario: Scenario,
  { world, log, stop }: CliContext,
): Promise<{ readonly simulation: Simulation; close(): Promise<void> }> {
  const camera = await startRtspCamera(world, { listen: { address: LOOPBACK, port: 0 }, log });
  try {
    const simulation = await startSimulation(world, scenario, {
      log,
      signal: stop,
      defaultPorts: { "554": camera.endpoint },
    });
    return {
      simulation,
      async close() {
        simulation.close();
        await camera.close();
      },
    };
  } catch (error) {
    await camera.close();
    throw error;
  }
}

async function readScenario(path: string | undefined, context: CliContext): Promise<Scenario> {
  if (path === undefined) return parseScenario(undefined);
  const text = await context.readTextFile(path, MAX_SCENARIO_BYTES);
  try {
    return parseScenario(parse(text));
  } catch (error) {
    if (!(error instanceof YAMLParseError) && !(error instanceof ScenarioError)) throw error;
    throw new ConfigError(`${path}: ${error.message}`);
  }
}

function describe({ dahua }: SimulationDescription): string[] {
  return dahua.cameras.map(({ serial, auth, nat }) =>
    `dahua://${serial}?server=${dahua.server}  (auth ${auth}, nat ${nat})`
  );
}
