import type { Endpoint, Instant, Machine, Transmit } from "../../lib/machine.ts";
import { BaichuanSession } from "../../lib/reolink/baichuan/session.ts";
import type { StreamKind } from "../../lib/reolink/baichuan/commands/preview.ts";
import type { VideoFrame } from "../../lib/reolink/bcmedia/frame.ts";
import { BcMediaReader } from "../../lib/reolink/bcmedia/reader.ts";
import { ReolinkTunnel } from "../../lib/reolink/tunnel.ts";
import type { ReolinkTunnelEvent } from "../../lib/reolink/tunnel_event.ts";
import type { ReolinkTunnelOptions } from "../../lib/reolink/tunnel_options.ts";
import { Link, type LinkOptions } from "../../lib/sim/link.ts";
import { Nat, type NatKind } from "../../lib/sim/nat.ts";
import { SimNetwork } from "../../lib/sim/network.ts";
import type { ReolinkCamera } from "../../lib/sim/reolink/camera.ts";
import type { ReolinkSimEvent, ReolinkTopology } from "../../lib/sim/reolink/topology.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { earliest } from "../../lib/timers.ts";
import { endpointsFrom, virtualReolink } from "./virtual_topologies.ts";
import { VirtualWorld } from "./virtual_world.ts";

export const REOLINK_UID = "95270000SIMULATE";

/** How long a camera on a good link takes to register, and to fall asleep. */
const SETTLING = 2_000;

/** What the client's NAT has on its other side. */
const NAT_POOL = endpointsFrom("127.0.0.1", 30_000, 16);

/** The client's own network. */
const OWN = {
  lan: { address: "127.9.0.2", port: 40_000 },
  cloud: { address: "127.9.0.2", port: 40_001 },
};

export interface ReolinkTunnelWorldOptions {
  /** The camera of the scenario, without its UID. */
  readonly camera?: Record<string, unknown>;
  readonly servers?: Record<string, unknown>;
  /** What the client is behind. */
  readonly nat?: NatKind;
  /** Of the client. */
  readonly link?: Partial<LinkOptions>;
  readonly seed?: number;
  readonly tunnel?: Partial<ReolinkTunnelOptions>;
  /** Watched as soon as the tunnel is open. */
  readonly stream?: StreamKind;
}

/** A client that logs in once its tunnel is open, and watches one stream. */
export class ReolinkViewer implements Machine<ReolinkTunnelEvent> {
  readonly tunnel: ReolinkTunnel;
  readonly #stream: StreamKind;
  readonly #reader = new BcMediaReader();
  session: BaichuanSession | undefined;
  /** What came, in order: when, and the frame's own time in milliseconds. */
  readonly frames: { readonly at: Instant; readonly time: number; readonly keyframe: boolean }[] =
    [];
  sounds = 0;

  constructor(now: Instant, stream: StreamKind, options: ReolinkTunnelOptions) {
    this.tunnel = new ReolinkTunnel(now, options);
    this.#stream = stream;
  }

  get gaps(): number {
    return this.#reader.gaps;
  }

  command<T>(now: Instant, run: (tunnel: ReolinkTunnel) => T): T {
    const result = run(this.tunnel);
    this.#pump(now);
    return result;
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    this.tunnel.handleDatagram(now, via, from, bytes);
    this.#pump(now);
  }

  handleTimeout(now: Instant): void {
    this.tunnel.handleTimeout(now);
    this.session?.handleTimeout(now);
    this.#pump(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.tunnel.pollTransmit();
  }

  pollEvent(): ReolinkTunnelEvent | undefined {
    return this.tunnel.pollEvent();
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.tunnel.pollTimeout(), this.session?.pollTimeout());
  }

  #pump(now: Instant): void {
    const { tunnel } = this;
    if (tunnel.isOpen) this.session ??= new BaichuanSession(now, { account: ACCOUNT });
    const { session } = this;
    if (session === undefined) return;
    for (let bytes = tunnel.read(); bytes !== undefined; bytes = tunnel.read()) {
      session.receive(now, bytes);
    }
    for (let event = session.pollEvent(); event; event = session.pollEvent()) {
      if (event.type === "loggedIn") session.startPreview(now, this.#stream, () => {});
      if (event.type === "media") this.#read(now, event.bytes);
    }
    for (let bytes = session.pollWrite(); bytes !== undefined; bytes = session.pollWrite()) {
      tunnel.write(now, bytes);
    }
  }

  #read(now: Instant, bytes: Uint8Array): void {
    this.#reader.push(bytes);
    for (let one = this.#reader.next(); one !== undefined; one = this.#reader.next()) {
      if (one.type === "video") this.#note(now, one);
      if (one.type === "aac" || one.type === "adpcm") this.sounds += 1;
    }
  }

  #note(at: Instant, { microseconds, microsecondsHigh, keyframe }: VideoFrame): void {
    const time = (microsecondsHigh * 2 ** 32 + microseconds) / 1_000;
    this.frames.push({ at, time, keyframe });
  }
}

const ACCOUNT = { user: "admin", password: { reveal: () => "sightline" } };

type Event = ReolinkSimEvent | ReolinkTunnelEvent;

/** Such a client, and a simulated cloud and camera, in virtual time. */
export class ReolinkTunnelWorld {
  readonly world: VirtualWorld<Event>;
  readonly viewer: ReolinkViewer;
  readonly topology: ReolinkTopology;
  readonly startedAt: Instant;

  constructor(options: ReolinkTunnelWorldOptions = {}) {
    const scenario = parseScenario({
      seed: options.seed ?? 1,
      reolink: {
        servers: options.servers ?? {},
        cameras: [{ uid: REOLINK_UID, ...options.camera }],
      },
    });
    const rng = new Rng(scenario.seed);
    this.topology = virtualReolink(scenario, rng.entropy);
    const network = new SimNetwork<Event>();
    for (const node of this.topology.nodes) network.add(node);
    this.world = new VirtualWorld(network);
    this.world.runFor(SETTLING);
    this.startedAt = this.world.now;
    this.viewer = new ReolinkViewer(this.startedAt, options.stream ?? "main", {
      uid: REOLINK_UID,
      way: "auto",
      middlemen: this.topology.servers,
      lanTargets: [],
      local: OWN,
      entropy: rng.entropy,
      ...options.tunnel,
    });
    const nat = options.nat ?? "none";
    network.add({
      name: "client",
      machine: this.viewer,
      sockets: new Map(Object.entries(OWN)),
      nat: nat === "none" ? undefined : new Nat({ kind: nat, pool: NAT_POOL }),
      uplink: new Link(options.link ?? {}, rng.fork()),
      downlink: new Link(options.link ?? {}, rng.fork()),
    });
    this.command(() => {});
  }

  get tunnel(): ReolinkTunnel {
    return this.viewer.tunnel;
  }

  get camera(): ReolinkCamera {
    const camera = this.topology.cameras.get(REOLINK_UID);
    if (camera === undefined) throw new Error("the scenario has a camera");
    return camera;
  }

  /** Everything the tunnel has said. */
  get events(): readonly ReolinkTunnelEvent[] {
    return this.world.events.filter(({ node }) => node === "client")
      .map(({ event }) => event as ReolinkTunnelEvent);
  }

  find<Type extends ReolinkTunnelEvent["type"]>(
    type: Type,
  ): Extract<ReolinkTunnelEvent, { readonly type: Type }> | undefined {
    return this.events.find((event): event is Extract<ReolinkTunnelEvent, { type: Type }> =>
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

  command<T>(run: (tunnel: ReolinkTunnel, now: Instant) => T): T {
    return this.world.command("client", (now) => {
      return this.viewer.command(now, (tunnel) => run(tunnel, now));
    });
  }
}
