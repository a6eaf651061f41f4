import { parse, YAMLParseError } from "yaml";
import { ConfigError } from "../../config/config_error.ts";
import { parseScenario, type Scenario, ScenarioError } from "../../sim/scenario.ts";
import {
  type Simulation,
  type SimulationDescription,
  startSimulation,
} from "../../sim/simulation.ts";
import { type OptionSpec, readArgs } from "../args.ts";
import type { CliContext, Command } from "../context.ts";
import { startServices } from "../sim_services.ts";

const MAX_SCENARIO_BYTES = 1 << 20;

const OPTIONS: OptionSpec = { values: ["scenario"] };

export const simCommand: Command = {
  name: "sim",
  summary: "a simulated vendor cloud, NATs and cameras on loopback",
  options: OPTIONS,
  help: [
    "Usage: sightline sim [--scenario FILE] [--json]",
    "",
    "Runs simulated vendor clouds and cameras until stopped, on this machine only, and prints the",
    "addresses to use. Without a scenario: one Dahua camera and two Reolink cameras, one of them on",
    "battery, behind no NAT, with a test picture.",
    "",
    "  --scenario FILE  YAML or JSON: cameras, NAT kinds, bad links with a seed, faults, and the",
    "                   real TCP address behind each port of a camera; see the README",
    "  --json           print one JSON object: the servers and their cameras",
  ].join("\n"),
  async run(args, context) {
    const { values, flags, positionals } = readArgs(args, OPTIONS);
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

/** A simulation whose cameras have their own services behind their ports unless the scenario says otherwise. */
export async function startWithPicture(
  scenario: Scenario,
  context: CliContext,
): Promise<{ readonly simulation: Simulation; close(): Promise<void> }> {
  const { world, log, stop } = context;
  const services = await startServices(scenario, context);
  try {
    const simulation = await startSimulation(world, services.scenario, { log, signal: stop });
    return {
      simulation,
      async close() {
        simulation.close();
        await services.close();
      },
    };
  } catch (error) {
    await services.close();
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

function describe({ dahua, reolink }: SimulationDescription): string[] {
  return [
    ...dahua.cameras.map(({ serial, auth, user, password, nat }) => {
      const login = auth === "required" ? loginOf(user, password) : "";
      return `dahua://${login}${serial}?server=${dahua.server}  (auth ${auth}, nat ${nat})`;
    }),
    ...reolink.cameras.map(({ uid, user, password, power, nat, lan }) => {
      const login = loginOf(user, password);
      const address = `reolink://${login}${uid}?server=${reolink.servers.join()}`;
      const onLan = lan === undefined ? "" : `, on the LAN reolink://${login}${lan}`;
      return `${address}  (${power}, nat ${nat}${onLan})`;
    }),
  ];
}

function loginOf(user: string, password: string): string {
  return `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
}
