import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import type { DahuaTunnelEvent } from "../../lib/dahua/tunnel_event.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { createDahuaPool, type DahuaPool } from "../../lib/hub/dahua/pool.ts";
import type { LinkPoolEvent, LinkPoolLimits } from "../../lib/hub/link/link_pool.ts";
import type { Duration, Instant } from "../../lib/machine.ts";
import type { DahuaCloud } from "../../lib/sim/dahua/cloud.ts";
import type { DeviceEvent } from "../../lib/sim/dahua/device.ts";
import type { DahuaSimEvent } from "../../lib/sim/dahua/topology.ts";
import type { LinkOptions } from "../../lib/sim/link.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { DeviceService } from "./device_service.ts";
import { HostedWorld } from "./hosted_world.ts";
import type { SimHost } from "./sim_host.ts";
import { endpointOf, virtualDahua } from "./virtual_topologies.ts";

const SERIAL = "4K0123PAZ00001";
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
  readonly cloud: DahuaCloud;
  readonly service: DeviceService;
  readonly events: (LinkPoolEvent & { readonly at: Instant })[] = [];
  readonly tunnelEvents: DahuaTunnelEvent[] = [];
  readonly #world: HostedWorld<DahuaSimEvent>;

  constructor(options: PoolWorldOptions = {}) {
    const { seed = 1, servers = {}, camera = {}, link = {}, way = "auto", limits = {} } = options;
    const cameras = [{ serial: SERIAL, ...camera }];
    const scenario = parseScenario({ seed, dahua: { servers, cameras } });
    const rng = new Rng(seed);
    const { cloud, devices, nodes } = virtualDahua(scenario, rng.entropy);
    const device = devices.get(SERIAL);
    if (device === undefined) throw new Error("a scenario has a camera");
    this.#world = new HostedWorld(nodes, { entropy: rng.entropy, rng, sockets: SOCKETS, link });
    const { virtual } = this.#world;
    this.cloud = cloud;
    this.service = new DeviceService(device, (run) => virtual.command(SERIAL, run));
    virtual.onEvent = ({ node, event }) => {
      if (node === SERIAL) this.service.handle(event as DeviceEvent);
    };
    virtual.runFor(1_000);
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

  get host(): SimHost {
    return this.#world.host;
  }

  get now(): Instant {
    return this.#world.now;
  }

  /** Whether the host's network is there. */
  setUp(up: boolean): void {
    this.#world.setUp(up);
  }

  pass(duration: Duration): Promise<void> {
    return this.#world.pass(duration);
  }

  until(done: () => boolean, limit: Duration): Promise<boolean> {
    return this.#world.until(done, limit);
  }

  result<T>(promise: Promise<T>, limit: Duration): Promise<T> {
    return this.#world.result(promise, limit);
  }
}
