import { networkInterfaces } from "node:os";

/** IPv4 addresses of this machine's own interfaces as they are now, loopback left out. */
export function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((one) => one.family === "IPv4" && !one.internal)
    .map((one) => one.address);
}
