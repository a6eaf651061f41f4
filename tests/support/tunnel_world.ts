import { createHash } from "node:crypto";
import { DAHUA_SOCKETS, DahuaTunnel } from "../../lib/dahua/tunnel.ts";
import type { DahuaTunnelEvent } from "../../lib/dahua/tunnel_event.ts";
import type { DahuaTunnelOptions } from "../../lib/dahua/tunnel_options.ts";
import type { Endpoint, Machine } from "../../lib/machine.ts";
import type { DahuaCloud } from "../../lib/sim/dahua/cloud.ts";
import type { DahuaDevice, DeviceEvent } from "../../lib/sim/dahua/device.ts";
import type { DahuaSimEvent } from "../../lib/sim/dahua/topology.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Nat, type NatKind } from "../../lib/sim/nat.ts";
import { type NetworkEvent, SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { DeviceService } from "./device_service.ts";
import { endpointOf, endpointsFrom, EPOCH, virtualDahua } from "./virtual_topologies.ts";
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

/** What the client's NAT has on its other side. */
const NAT_POOL = endpointsFrom("127.8.0.1", 30_000, 16);

/** How long a camera on a good link takes to register. */
const SETTLING = 1_000;

type Event = DahuaSimEvent | DahuaTunnelEvent;

/** A tunnel and a simulated cloud and camera in virtual time. What the device is sent comes back. */
export class TunnelWorld {
  readonly world: VirtualWorld<Event>;
  readonly tunnel: DahuaTunnel;
  readonly cloud: DahuaCloud;
  readonly device: DahuaDevice;
  /** When the tunnel was begun. */
  readonly startedAt: number;
  /** What is behind the camera's ports. */
  readonly service: DeviceService;
  /** Takes what arrives for the client at once. Left out: the test reads when it likes. */
  onBytes: ((stream: number, bytes: Uint8Array) => void) | undefined;
  /** Whether a datagram is lost on its last step to the client. */
  loses: (via: string, bytes: Uint8Array) => boolean = () => false;

  constructor(options: TunnelWorldOptions = {}) {
    const scenario = parseScenario({
      seed: options.seed ?? 1,
      dahua: {
        servers: options.servers ?? {},
        cameras: [{ serial: SERIAL, ...options.camera }],
      },
    });
    const rng = new Rng(scenario.seed);
    const topology = virtualDahua(scenario, rng.entropy);
    const [device] = topology.devices.values();
    if (device === undefined) throw new Error("a scenario has a camera");
    this.cloud = topology.cloud;
    this.device = device;
    this.service = new DeviceService(device, (run) => this.world.command(SERIAL, run));
    const network = new SimNetwork<Event>();
    for (const node of topology.nodes) network.add(node);
    this.world = new VirtualWorld(network);
    // The camera is there before anybody asks for it.
    this.world.runFor(SETTLING);
    this.startedAt = this.world.now;
    const own = (port: number): Endpoint => ({ address: "127.9.0.2", port });
    this.tunnel = new DahuaTunnel(this.startedAt, {
      serial: SERIAL,
      server: endpointOf(topology.cloud.sockets, "main"),
      way: "auto",
      localCandidates: [own(40_000)],
      entropy: rng.entropy,
      wallClockOffset: EPOCH,
      ...options.tunnel,
    });
    const nat = options.nat ?? "none";
    network.add({
      name: "client",
      machine: this.#filtered(this.tunnel),
      sockets: new Map([
        [DAHUA_SOCKETS.device, own(40_000)],
        [DAHUA_SOCKETS.agent, own(40_001)],
      ]),
      nat: nat === "none" ? undefined : new Nat({ kind: nat, pool: NAT_POOL }),
      uplink: new Link(options.link ?? {}, rng.fork()),
      downlink: new Link(options.link ?? {}, rng.fork()),
    });
    this.world.onEvent = ({ node, event }) => {
      if (node === SERIAL) this.service.handle(event as DeviceEvent);
      else if (event.type === "streamReadable") this.#read(event.stream);
    };
    this.command(() => {});
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

  /** Virtual time since the tunnel was begun. */
  get elapsed(): number {
    return this.world.now - this.startedAt;
  }

  command<T>(run: (tunnel: DahuaTunnel, now: number) => T): T {
    return this.world.command("client", (now) => run(this.tunnel, now));
  }

  openStream(port = 554): number {
    return this.command((tunnel, now) => tunnel.openStream(now, port));
  }

  /** SHA-256 of this many bytes from a new stream. Throws when they take longer than `limit`. */
  download(bytes: number, limit = 3_600_000): string {
    const hash = createHash("sha256");
    let received = 0;
    this.service.sourceBytes = bytes;
    this.onBytes = (_stream, piece) => {
      hash.update(piece);
      received += piece.byteLength;
    };
    this.openStream();
    this.world.runUntil(() => received >= bytes, limit);
    return hash.digest("hex");
  }

  #filtered(tunnel: DahuaTunnel): Machine<DahuaTunnelEvent> {
    return {
      handleDatagram: (now, via, from, bytes) => {
        if (!this.loses(via, bytes)) tunnel.handleDatagram(now, via, from, bytes);
      },
      handleTimeout: (now) => tunnel.handleTimeout(now),
      pollTransmit: () => tunnel.pollTransmit(),
      pollEvent: () => tunnel.pollEvent(),
      pollTimeout: () => tunnel.pollTimeout(),
    };
  }

  #read(stream: number): void {
    if (this.onBytes === undefined) return;
    const read = () => this.command((tunnel, now) => tunnel.readStream(now, stream));
    for (let bytes = read(); bytes !== undefined; bytes = read()) this.onBytes(stream, bytes);
  }
}
