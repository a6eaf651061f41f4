/**
 * A Reolink tunnel on real sockets: resolves the names of the vendor's lookup servers, opens the two
 * sockets, drives the machine, and turns what it carries into a byte stream.
 *
 * @module
 */

import type { HostPort } from "../../config/camera_address.ts";
import { drive, type Driver } from "../../io/drive.ts";
import { MachineStream } from "../../io/machine_stream.ts";
import type { UdpSocket, World } from "../../io/types.ts";
import type { Endpoint } from "../../machine.ts";
import {
  lanTargets,
  REOLINK_SOCKETS,
  type ReolinkSocket,
} from "../../reolink/signaling/signaling_options.ts";
import { ReolinkTunnel } from "../../reolink/tunnel.ts";
import type { ReolinkTunnelEvent } from "../../reolink/tunnel_event.ts";
import type { ReolinkTunnelOptions } from "../../reolink/tunnel_options.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Way } from "../camera_status.ts";
import type { LinkFigures, OpenWay } from "../link/link.ts";
import { LinkError } from "../link/link_error.ts";
import type { ReolinkLink, ReolinkLinkOptions } from "./link.ts";

/** The vendor's lookup servers; a camera is known to one of them [observed]. */
export const VENDOR_SERVERS: readonly HostPort[] = [
  "",
  ...Array.from({ length: 11 }, (_, i) => i + 1),
]
  .map((number) => ({ host: `p2p${number}.reolink.com`, port: 9999 }));

const ANY_PORT: Endpoint = { address: "0.0.0.0", port: 0 };

/** Where the stream leads to, as far as cameras have ports of their own. */
const BAICHUAN_PORT = 9000;

export class ReolinkTunnelLink implements ReolinkLink {
  readonly stream: MachineStream;
  readonly #onEvent: (event: ReolinkTunnelEvent) => void;
  readonly #tunnel: ReolinkTunnel;
  readonly #driver: Driver<ReolinkTunnel>;
  readonly #opened = Promise.withResolvers<OpenWay | undefined>();
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  readonly #over = new AbortController();
  #way: Way | undefined;

  private constructor(
    { world, onEvent }: ReolinkLinkOptions,
    tunnel: ReolinkTunnel,
    sockets: Sockets,
  ) {
    this.#onEvent = onEvent;
    this.#tunnel = tunnel;
    this.#driver = drive(tunnel, {
      sockets,
      clock: world.clock,
      onEvent: (event: ReolinkTunnelEvent) => this.#handle(event),
      onError: (error) => this.#fail(error),
    });
    this.stream = new MachineStream(world.clock, BAICHUAN_PORT, {
      space: () => tunnel.space(),
      write: (bytes) => this.#command((machine, now) => machine.write(now, bytes)),
      read: () => tunnel.read(),
      close: () => this.close(),
    });
  }

  /** Begins to open a tunnel. Rejects with `LinkError` when no socket can be had. */
  static async start(uid: string, options: ReolinkLinkOptions): Promise<ReolinkTunnelLink> {
    const { address, world, onLanFor } = options;
    const servers = address.servers.length > 0 ? address.servers : VENDOR_SERVERS;
    const sockets = await openSockets(world);
    const tunnel = new ReolinkTunnel(world.clock.now(), {
      uid,
      way: address.way,
      moreMiddlemen: onLanFor === undefined,
      ...surroundings(world, servers, sockets),
      entropy: world.entropy,
      ...(options.calls !== undefined && { calls: options.calls }),
      ...(onLanFor !== undefined && { discoverFor: onLanFor }),
    });
    const link = new ReolinkTunnelLink(options, tunnel, sockets);
    if (onLanFor === undefined) void link.#resolveAll(world, servers);
    return link;
  }

  get opened(): Promise<OpenWay | undefined> {
    return this.#opened.promise;
  }

  get ended(): Promise<TunnelEnd> {
    return this.#ended.promise;
  }

  get isOpen(): boolean {
    return !this.#driver.closed && this.#tunnel.isOpen;
  }

  get figures(): LinkFigures {
    const stats = this.#tunnel.stats;
    return {
      rtt: stats?.srtt,
      loss: stats?.lossReceived,
      retransmits: stats?.resent ?? 0,
      received: this.#way === undefined ? {} : { [this.#way]: stats?.bytesReceived ?? 0 },
    };
  }

  close(): void {
    this.#command((tunnel, now) => tunnel.close(now));
  }

  #command(mutate: (tunnel: ReolinkTunnel, now: number) => void): void {
    if (!this.#driver.closed) this.#driver.command(mutate);
  }

  /** All names at once, each in its own time; those that cannot be had are not missed. */
  async #resolveAll(world: World, servers: readonly HostPort[]): Promise<void> {
    const { signal } = this.#over;
    await Promise.allSettled(servers.map(async ({ host, port }) => {
      for (const address of await world.resolveAll(host, signal)) {
        this.#command((tunnel, now) => tunnel.addMiddleman(now, { address, port }));
      }
    }));
    this.#command((tunnel, now) => tunnel.endMiddlemen(now));
  }

  #handle(event: ReolinkTunnelEvent): void {
    this.#onEvent(event);
    switch (event.type) {
      case "open":
        this.#way = event.way;
        this.#opened.resolve({ way: event.way, peer: event.peer });
        return this.stream.wake();
      case "readable":
      case "writable":
        return this.stream.wake();
      case "closed":
        return this.#finish(event);
      default:
        return;
    }
  }

  #finish({ reason, stage, detail, advice }: TunnelEnd): void {
    this.#driver.close();
    this.#over.abort();
    this.stream.finish(reason, detail);
    this.#opened.resolve(undefined);
    this.#ended.resolve({ reason, stage, detail, advice });
  }

  /** A bug of ours: whoever waits must not wait for ever. */
  #fail(error: unknown): void {
    this.#over.abort();
    this.stream.finish("local", "an internal error ended the tunnel");
    this.#opened.resolve(undefined);
    this.#ended.reject(error);
  }
}

type Sockets = ReadonlyMap<ReolinkSocket, UdpSocket>;

async function openSockets(world: World): Promise<Sockets> {
  const sockets = new Map<ReolinkSocket, UdpSocket>();
  try {
    for (const name of Object.values(REOLINK_SOCKETS)) {
      sockets.set(name, await world.openUdp(ANY_PORT));
    }
  } catch (error) {
    for (const socket of sockets.values()) socket.close();
    const detail = error instanceof Error ? error.message : String(error);
    const advice = "Check that this machine has a network and free ports.";
    throw new LinkError({ reason: "local", stage: "starting", detail, advice }, error);
  }
  return sockets;
}

/**
 * Our own addresses, and where to look for cameras. A cloud on this very machine is a simulated one:
 * its cameras are looked for on loopback, and nobody else is bothered.
 */
function surroundings(
  world: World,
  servers: readonly HostPort[],
  sockets: Sockets,
): Pick<ReolinkTunnelOptions, "local" | "lanTargets"> {
  const isSimulated = servers.every(({ host }) => host === "localhost" || host.startsWith("127."));
  const [own = "0.0.0.0"] = isSimulated ? ["127.0.0.1"] : world.localAddresses();
  const at = (name: ReolinkSocket): Endpoint => {
    return { address: own, port: sockets.get(name)?.local.port ?? 0 };
  };
  return {
    local: { lan: at("lan"), cloud: at("cloud") },
    lanTargets: lanTargets(isSimulated ? ["127.0.0.1"] : world.broadcastAddresses()),
  };
}
