/** Simulated clouds and cameras whose endpoints exist in virtual time only. @module */

import type { Endpoint, Entropy } from "../../lib/machine.ts";
import {
  buildDahua,
  type DahuaTopology,
  publicEndpointsNeeded,
} from "../../lib/sim/dahua/topology.ts";
import {
  buildReolink,
  reolinkBindings,
  type ReolinkTopology,
} from "../../lib/sim/reolink/topology.ts";
import type { Scenario } from "../../lib/sim/scenario.ts";

/** 2025-02-12T16:00:00Z: the time of day at virtual instant 0. */
export const EPOCH = Date.UTC(2025, 1, 12, 16);

/** Where public endpoints begin; what cameras bind on their LAN keeps its port. */
const FIRST_PORT = 10_000;

const LOOPBACK = "127.0.0.1";

/** The Dahua part of a scenario. @param address Of everything that is public. */
export function virtualDahua(
  scenario: Scenario,
  entropy: Entropy,
  address: string = LOOPBACK,
): DahuaTopology {
  const endpoints = endpointsFrom(address, FIRST_PORT, publicEndpointsNeeded(scenario));
  return buildDahua({ scenario, endpoints, entropy, epoch: EPOCH });
}

/** The Reolink part of a scenario, switched on at instant 0. @param address As above. */
export function virtualReolink(
  scenario: Scenario,
  entropy: Entropy,
  address: string = LOOPBACK,
): ReolinkTopology {
  const endpoints = reolinkBindings(scenario).map((bound, i) => {
    return {
      address: bound.address === LOOPBACK ? address : bound.address,
      port: bound.port === 0 ? FIRST_PORT + i : bound.port,
    };
  });
  return buildReolink({ scenario, endpoints, entropy, epoch: EPOCH, now: 0 });
}

/** This many endpoints of one address, port after port. */
export function endpointsFrom(address: string, port: number, count: number): Endpoint[] {
  return Array.from({ length: count }, (_, i) => ({ address, port: port + i }));
}

/** The endpoint of that name. */
export function endpointOf(sockets: ReadonlyMap<string, Endpoint>, name: string): Endpoint {
  const endpoint = sockets.get(name);
  if (endpoint === undefined) throw new Error(`Cannot find a socket named "${name}"`);
  return endpoint;
}
