import { parseCameraAddress, type ReolinkAddress } from "../../lib/config/camera_address.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import type { Duration, Instant } from "../../lib/machine.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import {
  buildReolink,
  reolinkBindings,
  type ReolinkSimEvent,
  type ReolinkTopology,
} from "../../lib/sim/reolink/topology.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { SimHost } from "./sim_host.ts";
import { settled } from "./virtual_clock.ts";
import { VirtualWorld } from "./virtual_world.ts";

const EPOCH = Date.UTC(2025, 1, 12, 16);
const HOST = "host";

/** Two for each tunnel; they come round again. */
const SOCKETS = 8;

export const HOST_UID = "95270000SIMULATE";

/** A computer on which our code runs, and a simulated cloud and camera, in virtual time. */
export class ReolinkHostWorld {
  readonly host: SimHost;
  readonly topology: ReolinkTopology;
  readonly #world: VirtualWorld<ReolinkSimEvent>;

  /** @param camera The camera of the scenario, without its UID. */
  constructor(camera: Record<string, unknown> = {}) {
    const cameras = [{ uid: HOST_UID, ...camera }];
    const scenario = parseScenario({ reolink: { cameras } });
    const { entropy } = new Rng(1);
    const endpoints = reolinkBindings(scenario).map(({ address, port }, i) => {
      return { address, port: port === 0 ? 10_000 + i : port };
    });
    this.topology = buildReolink({ scenario, endpoints, entropy, epoch: EPOCH, now: 0 });
    const network = new SimNetwork<ReolinkSimEvent>();
    for (const node of this.topology.nodes) network.add(node);
    this.host = new SimHost({
      endpoints: Array.from({ length: SOCKETS }, (_, i) => {
        return { address: "127.9.0.1", port: 40_000 + i };
      }),
      entropy,
      epoch: EPOCH,
    });
    network.add({ name: HOST, machine: this.host, sockets: this.host.sockets });
    this.#world = new VirtualWorld(network);
    this.#world.runFor(1_000);
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

  /** Lets time pass until `done` holds or `limit` is over; returns whether it held. */
  async until(done: () => boolean, limit: Duration): Promise<boolean> {
    const end = this.now + limit;
    for (;;) {
      await settled();
      // What promises have sent leaves.
      this.#world.command(HOST, () => {});
      if (done()) return true;
      const at = this.#world.network.pollTimeout();
      if (at === undefined || at > end) break;
      this.#world.runFor(Math.max(0, at - this.now));
    }
    this.#world.runFor(end - this.now);
    return done();
  }

  /** What a promise comes to; fails when it does not within `limit`. */
  async result<T>(promise: Promise<T>, limit: Duration): Promise<T> {
    let isSettled = false;
    const settle = () => isSettled = true;
    promise.then(settle, settle);
    if (!await this.until(() => isSettled, limit)) {
      throw new Error(`Cannot go on as a promise must settle within ${limit} ms`);
    }
    return await promise;
  }
}
