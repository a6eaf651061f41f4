import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import type { DahuaTunnelEvent } from "../../lib/dahua/tunnel_event.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { createDahuaPool, type DahuaPool } from "../../lib/hub/dahua_pool.ts";
import type { LinkPoolEvent, LinkPoolLimits } from "../../lib/hub/link_pool.ts";
import type { Duration, Instant } from "../../lib/machine.ts";
import type { DahuaCloud } from "../../lib/sim/dahua/cloud.ts";
import type { DeviceEvent } from "../../lib/sim/dahua/device.ts";
import {
  buildDahua,
  type DahuaSimEvent,
  publicEndpointsNeeded,
} from "../../lib/sim/dahua/topology.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { endpointOf, EPOCH } from "./dahua_world.ts";
import { DeviceService } from "./device_service.ts";
import { SimHost } from "./sim_host.ts";
import { settled } from "./virtual_clock.ts";
import { VirtualWorld } from "./virtual_world.ts";

const SERIAL = "4K0123PAZ00001";
const HOST = "host";

/** Two for each tunnel; they come round again, but not soon. */
const SOCKETS = 100;

export interface PoolWorldOptions {
  /** The camera of the scenario, without its serial. */
  readonly camera?: Record<string, unknown>;
  readonly servers?: Record<string, unknown>;
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  readonly way?: string;
  readonly limits?: Partial<LinkPoolLimits>;
}

/** The program's pool of tunnels, its loop and its timers, to a simulated camera in virtual time. */
export class PoolWorld {
  readonly pool: DahuaPool;
  readonly host: SimHost;
  readonly cloud: DahuaCloud;
  readonly service: DeviceService;
  readonly events: (LinkPoolEvent & { readonly at: Instant })[] = [];
  readonly tunnelEvents: DahuaTunnelEvent[] = [];
  readonly #world: VirtualWorld<DahuaSimEvent>;

  constructor(options: PoolWorldOptions = {}) {
    const { seed = 1, servers = {}, camera = {}, link = {}, way = "auto", limits = {} } = options;
    const cameras = [{ serial: SERIAL, ...camera }];
    const scenario = parseScenario({ seed, dahua: { servers, cameras } });
    const rng = new Rng(seed);
    const { entropy } = rng;
    const endpoints = endpointsFrom("127.0.0.1", 10_000, publicEndpointsNeeded(scenario));
    const { cloud, devices, nodes } = buildDahua({ scenario, endpoints, entropy, epoch: EPOCH });
    const device = devices.get(SERIAL);
    if (device === undefined) throw new Error("a scenario has a camera");
    const network = new SimNetwork<DahuaSimEvent>();
    for (const node of nodes) network.add(node);
    this.host = new SimHost({
      endpoints: endpointsFrom("127.9.0.1", 40_000, SOCKETS),
      entropy,
      epoch: EPOCH,
    });
    network.add({
      name: HOST,
      machine: this.host,
      sockets: this.host.sockets,
      uplink: new Link(link, rng.fork()),
      downlink: new Link(link, rng.fork()),
    });
    this.#world = new VirtualWorld(network);
    this.cloud = cloud;
    this.service = new DeviceService(device, (run) => this.#world.command(SERIAL, run));
    this.#world.onEvent = ({ node, event }) => {
      if (node === SERIAL) this.service.handle(event as DeviceEvent);
    };
    this.#world.runFor(1_000);
    const server = formatEndpoint(endpointOf(cloud.sockets, "main"));
    const address = parseCameraAddress(`dahua://${SERIAL}?server=${server}&way=${way}`);
    if (address.vendor !== "dahua") throw new Error("a Dahua address is one");
    this.pool = createDahuaPool({
      address,
      world: this.host.world,
      limits,
      onTunnelEvent: (event) => this.tunnelEvents.push(event),
      onEvent: (event) => this.events.push({ ...event, at: this.now }),
      onBug: (error) => {
        throw error;
      },
    });
  }

  get now(): Instant {
    return this.#world.now;
  }

  /** Whether the host's network is there. */
  setUp(up: boolean): void {
    this.#world.network.setUp(HOST, up);
  }

  /** Lets so much time pass, and everything that promises make of it happen. */
  async pass(duration: Duration): Promise<void> {
    await this.until(() => false, duration);
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

function endpointsFrom(address: string, port: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({ address, port: port + index }));
}
