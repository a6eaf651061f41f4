import type { Duration, Endpoint, Entropy } from "../../machine.ts";

/**
 * The two sockets, each with its own `cid`.
 *
 * - `lan`: discovery on the LAN, and what follows from it
 * - `cloud`: middlemen, register, camera and relay alike, since the register tells the camera the
 *   address this very socket has behind our NAT [observed]
 */
export const REOLINK_SOCKETS = { lan: "lan", cloud: "cloud" } as const;

export type ReolinkSocket = keyof typeof REOLINK_SOCKETS;

/** The path to the camera: straight on the LAN, through the NATs, or over the vendor's relay. */
export type ReolinkWay = "lan" | "map" | "relay";

export interface ReolinkSignalingOptions {
  /** As printed on the camera: 16 characters, as far as known. */
  readonly uid: string;
  /**
   * Which ways may be taken. `lan` is discovery on the LAN, and the camera's own address as the
   * cloud knows it; `auto` is everything at once, direct ways preferred.
   */
  readonly way: ReolinkWay | "auto";
  /** Endpoints of the vendor's lookup servers known by now. */
  readonly middlemen?: readonly Endpoint[];
  /** Whether `addMiddleman()` will bring more, until `endMiddlemen()`. Default false. */
  readonly moreMiddlemen?: boolean;
  /** Where to look for the camera on the LAN: see `lanTargets()`. With none, it is not looked for. */
  readonly lanTargets: readonly Endpoint[];
  /** Our own private address, and the ports of the sockets. */
  readonly local: Readonly<Record<ReolinkSocket, Endpoint>>;
  readonly entropy: Entropy;
  /**
   * How often the cloud may be gone through from the start, as a first registration is often refused
   * [observed]. Default 10, and none begins later than 30 s after the first.
   */
  readonly attempts?: number;
  /**
   * Of those, how many may come so far that a register calls the camera, which wakes one that runs on
   * a battery: give 1 for those. Default all.
   */
  readonly calls?: number;
  /** How long to look on the LAN. Default 15 s; a camera asleep may need 30 s [observed]. */
  readonly discoverFor?: Duration;
}

/** Ports cameras listen on for discovery [observed]. */
const DISCOVERY_PORTS = [2015, 2018] as const;

/** Every endpoint to look for a camera at, given broadcast addresses and addresses of cameras. */
export function lanTargets(addresses: readonly string[]): Endpoint[] {
  return addresses.flatMap((address) => DISCOVERY_PORTS.map((port) => ({ address, port })));
}
