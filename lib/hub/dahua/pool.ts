import type { DahuaAddress } from "../../config/camera_address.ts";
import type { DahuaTunnelEvent } from "../../dahua/tunnel_event.ts";
import type { MachineStream } from "../../io/machine_stream.ts";
import type { World } from "../../io/types.ts";
import { watchAddresses } from "../link/address_watch.ts";
import { DahuaLink } from "./link.ts";
import type { LinkFigures, StartLink } from "../link/link.ts";
import type { BudgetError } from "../link/link_error.ts";
import { LinkPool, type LinkPoolEvent, type LinkPoolLimits } from "../link/link_pool.ts";

export interface DahuaPoolOptions {
  readonly address: DahuaAddress;
  readonly world: World;
  readonly limits?: Partial<LinkPoolLimits>;
  /** Whether a lost camera is come back to although nobody waits for it. Default true. */
  readonly eager?: boolean;
  /** Asked before each tunnel that is opened while none stands: why it must not be. */
  readonly admit?: () => BudgetError | undefined;
  /** What any of the tunnels does. */
  readonly onTunnelEvent: (event: DahuaTunnelEvent) => void;
  readonly onEvent: (event: LinkPoolEvent) => void;
  /** A bug of ours came up; the pool is of no more use. */
  readonly onBug: (error: unknown) => void;
}

/** A Dahua camera that is kept reachable. */
export interface DahuaPool {
  readonly figures: LinkFigures;
  /** Opens the first tunnel. Rejects with `LinkError`. */
  start(): Promise<void>;
  /** Opens a stream to a port of the device. Rejects with `LinkError`. */
  openStream(port: number): Promise<MachineStream>;
  /** Replaces every tunnel, as the ones there are do not do their work. */
  renew(): void;
  /** Until the next request, lets tunnels go as soon as nobody uses them. */
  releaseUnused(): void;
  close(): Promise<void>;
}

/** Joins a pool of tunnels with the world: their sockets, and the addresses of this machine. */
export function createDahuaPool(options: DahuaPoolOptions): DahuaPool {
  const { address, world, onTunnelEvent, onEvent, onBug, admit } = options;
  const startLink: StartLink<number, MachineStream> = (signal, onStreams) =>
    DahuaLink.start({ address, world, onEvent: onTunnelEvent, onStreams }, signal);
  const { clock, entropy } = world;
  const { limits = {}, eager = true } = options;
  // Only a tunnel that stands has a mapping to lose.
  let stopWatching = () => {};
  let isClosed = false;
  const pool = new LinkPool({
    startLink,
    clock,
    entropy,
    limits,
    eager,
    ...(admit && { admit }),
    onEvent(event) {
      stopWatching();
      stopWatching = event.type === "open" && !isClosed
        ? watchAddresses(world, () => pool.renew()).cancel
        : () => {};
      onEvent(event);
    },
    onBug,
  });
  return {
    get figures() {
      return pool.figures;
    },
    start: () => pool.start(),
    openStream: (port) => pool.openStream(port),
    renew: () => pool.renew(),
    releaseUnused: () => pool.releaseUnused(),
    close() {
      isClosed = true;
      stopWatching();
      return pool.close();
    },
  };
}
