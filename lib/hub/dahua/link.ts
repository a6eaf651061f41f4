/**
 * A Dahua tunnel on real sockets: resolves the cloud's name, opens the two sockets, drives the
 * machine, and turns its streams into byte streams that can be read, written and awaited.
 *
 * @module
 */

import type { DahuaAddress } from "../../config/camera_address.ts";
import { DAHUA_SOCKETS, DahuaTunnel } from "../../dahua/tunnel.ts";
import type { DahuaTunnelOptions } from "../../dahua/tunnel_options.ts";
import type { DahuaTunnelEvent } from "../../dahua/tunnel_event.ts";
import type { SessionStats } from "../../dahua/ptcp/session_options.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { drive, type Driver } from "../../io/drive.ts";
import { MachineStream } from "../../io/machine_stream.ts";
import type { UdpSocket, World } from "../../io/types.ts";
import type { Endpoint } from "../../machine.ts";
import type { Way } from "../camera_status.ts";
import type { Link, LinkFigures, OpenWay } from "../link/link.ts";
import { LinkError } from "../link/link_error.ts";

const ANY_PORT: Endpoint = { address: "0.0.0.0", port: 0 };

/** Addresses of ours the device is told. One machine seldom has more networks worth trying. */
const MAX_LOCAL_CANDIDATES = 4;

export interface DahuaLinkOptions {
  readonly address: DahuaAddress;
  readonly world: World;
  /** Every event of the tunnel, for logs and states. */
  readonly onEvent: (event: DahuaTunnelEvent) => void;
  /** How many streams there are, whenever that changes. */
  readonly onStreams?: (count: number) => void;
}

export class DahuaLink implements Link<number, MachineStream> {
  readonly #world: World;
  readonly #onEvent: (event: DahuaTunnelEvent) => void;
  readonly #onStreams: (count: number) => void;
  readonly #tunnel: DahuaTunnel;
  readonly #driver: Driver<DahuaTunnel>;
  readonly #received: Partial<Record<Way, number>> = {};
  #way: Way | undefined;
  readonly #streams = new Map<number, MachineStream>();
  readonly #opened = Promise.withResolvers<OpenWay | undefined>();
  readonly #ended = Promise.withResolvers<TunnelEnd>();

  private constructor(options: DahuaLinkOptions, tunnel: DahuaTunnel, sockets: Sockets) {
    this.#world = options.world;
    this.#onEvent = options.onEvent;
    this.#onStreams = options.onStreams ?? (() => {});
    this.#tunnel = tunnel;
    this.#driver = drive(tunnel, {
      sockets,
      clock: options.world.clock,
      onEvent: (event: DahuaTunnelEvent) => this.#handle(event),
      onError: (error) => this.#ended.reject(error),
    });
  }

  /**
   * Begins to open a tunnel. Rejects with `LinkError` when not even a beginning can be made: the
   * cloud's name does not resolve, or no socket can be had.
   */
  static async start(options: DahuaLinkOptions, signal: AbortSignal): Promise<DahuaLink> {
    const { address, world } = options;
    const { server, sockets } = await prepare(address, world, signal);
    const port = sockets.get(DAHUA_SOCKETS.device)?.local.port ?? 0;
    const now = world.clock.now();
    const tunnel = new DahuaTunnel(now, {
      serial: address.serial,
      server,
      way: address.way,
      dialect: address.dialect,
      ...accountOf(address),
      localCandidates: localCandidates(world, server, port),
      entropy: world.entropy,
      wallClockOffset: world.clock.wallClock() - now,
    });
    return new DahuaLink(options, tunnel, sockets);
  }

  /** Resolves once streams can be opened, or with `undefined` when it ended before that. */
  get opened(): Promise<OpenWay | undefined> {
    return this.#opened.promise;
  }

  /** Resolves with the reason once the tunnel has ended; rejects on a bug of ours. */
  get ended(): Promise<TunnelEnd> {
    return this.#ended.promise;
  }

  /** Whether streams can be opened now. */
  get isOpen(): boolean {
    return this.#command((tunnel) => tunnel.isOpen) ?? false;
  }

  get figures(): LinkFigures {
    const stats = this.#tunnel.stats;
    return {
      rtt: stats?.srtt,
      loss: stats === undefined ? undefined : lossOf(stats),
      retransmits: this.#tunnel.retransmissions,
      received: this.#received,
    };
  }

  /**
   * Opens a TCP connection to a port of the device; what is written before it stands is kept. Throws
   * `LinkError` when the tunnel has just ended.
   */
  openStream(port: number): MachineStream {
    if (!this.isOpen) throw new LinkError(JUST_ENDED);
    const id = this.#driver.command((tunnel, now) => tunnel.openStream(now, port));
    const way = this.#way;
    const stream = new MachineStream(this.#world.clock, port, {
      space: () => this.#command((tunnel) => tunnel.streamSpace(id)) ?? 0,
      write: (bytes) => this.#command((tunnel, now) => tunnel.writeStream(now, id, bytes)),
      read: () => this.#count(way, this.#command((tunnel, now) => tunnel.readStream(now, id))),
      close: () => this.#command((tunnel, now) => tunnel.closeStream(now, id)),
    });
    this.#streams.set(id, stream);
    this.#onStreams(this.#streams.size);
    return stream;
  }

  /** Begins to end the tunnel in good order; `ended` resolves about a second later at most. */
  close(): void {
    this.#command((tunnel, now) => tunnel.close(now));
  }

  #command<T>(mutate: (tunnel: DahuaTunnel, now: number) => T): T | undefined {
    return this.#driver.closed ? undefined : this.#driver.command(mutate);
  }

  #count(way: Way | undefined, bytes: Uint8Array | undefined): Uint8Array | undefined {
    if (way !== undefined && bytes !== undefined) {
      this.#received[way] = (this.#received[way] ?? 0) + bytes.byteLength;
    }
    return bytes;
  }

  #handle(event: DahuaTunnelEvent): void {
    if (event.type === "open") this.#way = event.way;
    this.#onEvent(event);
    switch (event.type) {
      case "open":
        return this.#opened.resolve({ way: event.way, peer: event.peer });
      case "closed":
        return this.#finish(event);
      case "streamReadable":
      case "streamWritable":
        return this.#streams.get(event.stream)?.wake();
      case "streamClosed":
        this.#streams.get(event.stream)?.finish(event.reason, event.detail);
        this.#streams.delete(event.stream);
        return this.#onStreams(this.#streams.size);
      default:
        return;
    }
  }

  #finish(end: TunnelEnd): void {
    this.#driver.close();
    this.#opened.resolve(undefined);
    const { reason, stage, detail, advice } = end;
    this.#ended.resolve({ reason, stage, detail, advice });
  }
}

type Sockets = ReadonlyMap<string, UdpSocket>;

const JUST_ENDED: TunnelEnd = {
  reason: "timeout",
  stage: "open",
  detail: "the tunnel has just ended",
  advice: "Try again.",
};

/** Segments of the camera that were late as they were lost at first, or overtaken. */
function lossOf({ filledHoles, segmentsReceived }: SessionStats): number | undefined {
  return segmentsReceived === 0 ? undefined : filledHoles / segmentsReceived;
}

/** What has to be had of the world before a tunnel can begin. */
async function prepare(
  { server }: DahuaAddress,
  world: World,
  signal: AbortSignal,
): Promise<{ readonly server: Endpoint; readonly sockets: Sockets }> {
  try {
    const address = await world.resolve(server.host, signal);
    return { server: { address, port: server.port }, sockets: await openSockets(world) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const advice = "Check that this machine is online.";
    throw new LinkError({ reason: "timeout", stage: "starting", detail, advice }, error);
  }
}

async function openSockets(world: World): Promise<Sockets> {
  const sockets = new Map<string, UdpSocket>();
  try {
    for (const name of Object.values(DAHUA_SOCKETS)) {
      sockets.set(name, await world.openUdp(ANY_PORT));
    }
  } catch (error) {
    for (const socket of sockets.values()) socket.close();
    throw error;
  }
  return sockets;
}

/** The account a camera may ask for: of no use without its password. */
function accountOf({ credentials }: DahuaAddress): Pick<DahuaTunnelOptions, "credentials"> {
  const { user, password } = credentials ?? {};
  return user === undefined || password === undefined ? {} : { credentials: { user, password } };
}

/**
 * Our own addresses, for the way inside one network. A cloud on this very machine is a simulated one,
 * and its devices are reached over loopback.
 */
function localCandidates(world: World, server: Endpoint, port: number): Endpoint[] {
  const isSimulated = server.address.startsWith("127.");
  const own = isSimulated ? [] : world.localAddresses().slice(0, MAX_LOCAL_CANDIDATES);
  return (own.length > 0 ? own : ["127.0.0.1"]).map((address) => ({ address, port }));
}
