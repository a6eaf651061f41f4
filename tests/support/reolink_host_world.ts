import { parseCameraAddress, type ReolinkAddress } from "../../lib/config/camera_address.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import type { Duration, Instant } from "../../lib/machine.ts";
import type { ReolinkSimEvent, ReolinkTopology } from "../../lib/sim/reolink/topology.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { HostedWorld } from "./hosted_world.ts";
import type { SimHost } from "./sim_host.ts";
import { virtualReolink } from "./virtual_topologies.ts";

/** Two for each tunnel; they come round again. */
const SOCKETS = 8;

export const HOST_UID = "95270000SIMULATE";

/** A computer on which our code runs, and a simulated cloud and camera, in virtual time. */
export class ReolinkHostWorld {
  readonly topology: ReolinkTopology;
  readonly #world: HostedWorld<ReolinkSimEvent>;

  /** @param camera The camera of the scenario, without its UID. */
  constructor(camera: Record<string, unknown> = {}) {
    const scenario = parseScenario({ reolink: { cameras: [{ uid: HOST_UID, ...camera }] } });
    const rng = new Rng(1);
    const { entropy } = rng;
    this.topology = virtualReolink(scenario, entropy);
    this.#world = new HostedWorld(this.topology.nodes, { entropy, rng, sockets: SOCKETS });
    this.#world.virtual.runFor(1_000);
  }

  get host(): SimHost {
    return this.#world.host;
  }

  get now(): Instant {
    return this.#world.now;
  }

  /** The camera's address, with all middlemen unless `servers` are given. */
  address(query: string, servers?: string): ReolinkAddress {
    const list = servers ?? this.topology.servers.map(formatEndpoint).join(",");
    const text = `reolink://admin:sightline@${HOST_UID}?server=${list}${query}`;
    const address = parseCameraAddress(text);
    if (address.vendor !== "reolink") throw new Error("a Reolink address is one");
    return address;
  }

  until(done: () => boolean, limit: Duration): Promise<boolean> {
    return this.#world.until(done, limit);
  }

  result<T>(promise: Promise<T>, limit: Duration): Promise<T> {
    return this.#world.result(promise, limit);
  }
}
