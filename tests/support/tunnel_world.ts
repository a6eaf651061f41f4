import { DAHUA_SOCKETS, DahuaTunnel } from "../../lib/dahua/tunnel.ts";
import type { DahuaTunnelEvent } from "../../lib/dahua/tunnel_event.ts";
import type { DahuaTunnelOptions } from "../../lib/dahua/tunnel_options.ts";
import type { Endpoint } from "../../lib/machine.ts";
import {
  buildDahua,
  type DahuaSimEvent,
  publicEndpointsNeeded,
} from "../../lib/sim/dahua/topology.ts";
import type { DahuaDevice, DeviceEvent } from "../../lib/sim/dahua/device.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Nat, type NatKind } from "../../lib/sim/nat.ts";
import { type NetworkEvent, SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { EPOCH } from "./dahua_world.ts";
import { VirtualWorld } from "./virtual_world.ts";

export const SERIAL = "4K0123PAZ00001";

export interface TunnelWorldOptions {
  /** The camera of the scenario, without its serial. */
  readonly camera?: Record<string, unknown>;
  readonly servers?: Record<string, unknown>;
  /** What the client is behind. */
  readonly nat?: NatKind;
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  readonly tunnel?: Partial<DahuaTunnelOptions>;
}

type Event = DahuaSimEvent | DahuaTunnelEvent;

/** A tunnel and a simulated cloud and camera in virtual time. What the device is sent comes back. */
export class TunnelWorld {
  readonly world: VirtualWorld<Event>;
  readonly tunnel: DahuaTunnel;
  readonly device: DahuaDevice;
  /** Bytes a stream of the device sends on its own as soon as it is accepted. */
  sourceBytes = 0;
  readonly #owed = new Map<number, number>();

  constructor(options: TunnelWorldOptions = {}) {
    const scenario = parseScenario({
      seed: options.seed ?? 1,
      dahua: {
        servers: options.servers ?? {},
        cameras: [{ serial: SERIAL, ...options.camera }],
      },
    });
    const rng = new Rng(scenario.seed);
    const endpoints = Array.from({ length: publicEndpointsNeeded(scenario) }, (_, i) => {
      return { address: "127.0.0.1", port: 10_000 + i };
    });
    const topology = buildDahua({ scenario, endpoints, entropy: rng.entropy, epoch: EPOCH });
    const [device] = topology.devices.values();
    if (device === undefined) throw new Error("a scenario has a camera");
    this.device = device;
    const network = new SimNetwork<Event>();
    for (const node of topology.nodes) network.add(node);
    const own = (port: number): Endpoint => ({ address: "127.9.0.2", port });
    this.tunnel = new DahuaTunnel(0, {
      serial: SERIAL,
      server: endpointNamed(topology.cloud.sockets, "main"),
      way: "auto",
      localCandidates: [own(40_000)],
      entropy: rng.entropy,
      wallClockOffset: EPOCH,
      ...options.tunnel,
    });
    const nat = options.nat ?? "none";
    network.add({
      name: "client",
      machine: this.tunnel,
      sockets: new Map([
        [DAHUA_SOCKETS.device, own(40_000)],
        [DAHUA_SOCKETS.agent, own(40_001)],
      ]),
      nat: nat === "none" ? undefined : new Nat({ kind: nat, pool: natPool() }),
      uplink: new Link(options.link ?? {}, rng.fork()),
      downlink: new Link(options.link ?? {}, rng.fork()),
    });
    this.world = new VirtualWorld(network);
    this.world.onEvent = ({ node, event }) => {
      if (node === SERIAL) this.#serve(event as DeviceEvent);
    };
  }

  /** Everything the tunnel has said. */
  get events(): readonly DahuaTunnelEvent[] {
    return this.world.events.filter((event) => event.node === "client")
      .map(({ event }: NetworkEvent<Event>) => event as DahuaTunnelEvent);
  }

  /** The first event of this type. */
  find<Type extends DahuaTunnelEvent["type"]>(
    type: Type,
  ): Extract<DahuaTunnelEvent, { readonly type: Type }> | undefined {
    return this.events.find((event): event is Extract<DahuaTunnelEvent, { type: Type }> =>
      event.type === type
    );
  }

  /** Runs until the tunnel is open or has ended; returns the way it took, if it took one. */
  open(limit = 60_000): string | undefined {
    this.world.runUntil(
      () => this.tunnel.state === "open" || this.tunnel.state === "closed",
      limit,
    );
    this.world.runFor(0);
    return this.find("open")?.way;
  }

  command<T>(run: (tunnel: DahuaTunnel, now: number) => T): T {
    return this.world.command("client", (now) => run(this.tunnel, now));
  }

  #serve(event: DeviceEvent): void {
    const { streams } = this.device;
    const command = <T>(run: (now: number) => T): T => this.world.command(SERIAL, run);
    switch (event.type) {
      case "dial":
        this.#owed.set(event.stream, this.sourceBytes);
        command((now) => streams.accept(now, event.stream));
        return this.#pump(event.stream);
      case "readable":
      case "writable":
        return this.#pump(event.stream);
      default:
        return;
    }
  }

  /** Sends what a stream owes, then returns what it was sent. */
  #pump(stream: number): void {
    const { streams } = this.device;
    while (streams.space(stream) > 0) {
      const owed = this.#owed.get(stream) ?? 0;
      const bytes = owed > 0
        ? new Uint8Array(Math.min(1280, owed))
        : this.world.command(SERIAL, (now) => streams.read(now, stream));
      if (bytes === undefined) return;
      if (owed > 0) this.#owed.set(stream, owed - bytes.byteLength);
      this.world.command(SERIAL, (now) => streams.write(now, stream, bytes));
    }
  }
}

function natPool(): Endpoint[] {
  return Array.from({ length: 16 }, (_, i) => ({ address: "127.8.0.1", port: 30_000 + i }));
}

function endpointNamed(sockets: ReadonlyMap<string, Endpoint>, name: string): Endpoint {
  const endpoint = sockets.get(name);
  if (endpoint === undefined) throw new Error(`Cannot find a socket named "${name}"`);
  return endpoint;
}
