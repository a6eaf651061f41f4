import type { DahuaAddress } from "../config/camera_address.ts";
import type { DahuaTunnelEvent } from "../dahua/tunnel_event.ts";
import type { World } from "../io/types.ts";
import { watchAddresses } from "./address_watch.ts";
import { DahuaLink } from "./dahua_link.ts";
import { LinkPool, type LinkPoolEvent, type LinkPoolLimits, type StartLink } from "./link_pool.ts";
import type { MachineStream } from "../io/machine_stream.ts";

export interface DahuaPoolOptions {
  readonly address: DahuaAddress;
  readonly world: World;
  readonly limits?: Partial<LinkPoolLimits>;
  /** Whether a lost camera is come back to although nobody waits for it. Default true. */
  readonly eager?: boolean;
  /** What any of the tunnels does. */
  readonly onTunnelEvent: (event: DahuaTunnelEvent) => void;
  readonly onEvent: (event: LinkPoolEvent) => void;
  /** A bug of ours came up; the pool is of no more use. */
  readonly onBug: (error: unknown) => void;
}

/** A Dahua camera that is kept reachable. */
export interface DahuaPool {
  /** Opens the first tunnel. Rejects with `LinkError`. */
  start(): Promise<void>;
  /** Opens a stream to a port of the device. Rejects with `LinkError`. */
  openStream(port: number): Promise<MachineStream>;
  /** Replaces every tunnel, as the ones there are do not do their work. */
  renew(): void;
  close(): Promise<void>;
}

/** Joins a pool of tunnels with the world: their sockets, and the addresses of this machine. */
export function createDahuaPool(options: DahuaPoolOptions): DahuaPool {
  const { address, world, onTunnelEvent, onEvent, onBug } = options;
  const startLink: StartLink = (signal, onStreams) =>
    DahuaLink.start({ address, world, onEvent: onTunnelEvent, onStreams }, signal);
  const { clock, entropy } = world;
  const { limits = {}, eager = true } = options;
  const pool = new LinkPool({ startLink, clock, entropy, limits, eager, onEvent, onBug });
  const watch = watchAddresses(world, () => pool.renew());
  return {
    start: () => pool.start(),
    openStream: (port) => pool.openStream(port),
    renew: () => pool.renew(),
    close() {
      watch.cancel();
      return pool.close();
    },
  };
}
