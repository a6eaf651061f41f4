import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** Everybody on the network of the interface that leads to the internet. */
const LIMITED_BROADCAST = "255.255.255.255";

/** Linux tells here by which interface packets leave. */
const ROUTES = "/proc/net/route";

/** One IPv4 address of an interface. */
export interface InterfaceAddress {
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
}

/**
 * IPv4 addresses of this machine's own interfaces as they are now, loopback left out; first the one
 * that leads to the internet, where that can be told.
 */
export function localAddresses(): readonly string[] {
  return byImportance(readInterfaces(), defaultInterface(readRoutes())).map((one) => one.address);
}

/** Where everybody on the networks of this machine can be reached at once, each address once. */
export function broadcastAddresses(): readonly string[] {
  return [...new Set([LIMITED_BROADCAST, ...readInterfaces().flatMap(directedBroadcast)])];
}

/** The interface that the first default route of Linux's table names. */
export function defaultInterface(routes: string): string | undefined {
  for (const line of routes.split("\n").slice(1)) {
    const [name, destination, , , , , , mask] = line.split(/\s+/);
    if (destination === "00000000" && mask === "00000000") return name;
  }
  return undefined;
}

/** The addresses of interface `first` before all others. */
export function byImportance(
  addresses: readonly InterfaceAddress[],
  first: string | undefined,
): readonly InterfaceAddress[] {
  const isFirst = ({ name }: InterfaceAddress) => name === first;
  return [...addresses.filter(isFirst), ...addresses.filter((one) => !isFirst(one))];
}

/** The broadcast address of the interface's network; none where it has no room for one. */
export function directedBroadcast({ address, netmask }: InterfaceAddress): string[] {
  const mask = netmask.split(".").map(Number);
  // A network of two addresses, or of one, is a line with nobody else on it.
  if ((mask[3] ?? 255) >= 254) return [];
  return [address.split(".").map((part, i) => Number(part) | (~(mask[i] ?? 0) & 255)).join(".")];
}

function readInterfaces(): readonly InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.filter((one) => one.family === "IPv4" && !one.internal)
      .map(({ address, netmask }) => ({ name, address, netmask }))
  );
}

function readRoutes(): string {
  try {
    return readFileSync(ROUTES, "utf8");
  } catch {
    return ""; // Not Linux, or not allowed to know.
  }
}
