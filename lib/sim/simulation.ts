/**
 * Runs a scenario on real loopback sockets: every public endpoint of the simulated networks is a UDP
 * socket on this machine, and the TCP ports of the simulated cameras are real ones.
 *
 * @module
 */

import type { World } from "../io/types.ts";
import type { SimulationOptions } from "./loopback_network.ts";
import type { Scenario } from "./scenario.ts";
import { type DahuaDescription, startDahua } from "./simulation_dahua.ts";
import { type ReolinkDescription, startReolink } from "./simulation_reolink.ts";

/** What `sightline sim --json` prints. */
export interface SimulationDescription {
  readonly dahua: DahuaDescription;
  readonly reolink: ReolinkDescription;
}

export interface Simulation {
  readonly description: SimulationDescription;
  /** Resolves once the simulation has ended; rejects when it failed, which is a bug of ours. */
  readonly ended: Promise<void>;
  /** Closes every socket and connection. Harmless when it has ended. */
  close(): void;
}

/**
 * Opens the sockets and starts the scenario; resolves once the cameras are online. Rejects with
 * `ListenError` when a socket cannot be opened.
 */
export async function startSimulation(
  world: World,
  scenario: Scenario,
  options: SimulationOptions,
): Promise<Simulation> {
  const dahua = await startDahua(world, scenario, options);
  try {
    const reolink = await startReolink(world, scenario, options);
    const networks = [dahua.network, reolink.network];
    const close = () => networks.forEach((network) => network.close());
    const simulation: Simulation = {
      description: { dahua: dahua.description, reolink: reolink.description },
      ended: endedTogether(networks.map(({ ended }) => ended), close),
      close,
    };
    // Whoever wants to know of a failure awaits it; nobody has to.
    simulation.ended.catch(() => {});
    await Promise.all(networks.map((network) => network.online()));
    return simulation;
  } catch (error) {
    dahua.network.close();
    throw error;
  }
}

/** When one vendor's part ends or fails, so do the others. */
async function endedTogether(parts: readonly Promise<void>[], close: () => void): Promise<void> {
  try {
    await Promise.race(parts);
  } finally {
    close();
  }
  await Promise.all(parts);
}
