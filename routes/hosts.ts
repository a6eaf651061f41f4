import { isIpv4 } from "../lib/endpoint.ts";
import type { Endpoint } from "../lib/machine.ts";

/**
 * Whether a request with this `Host` is meant for us.
 *
 * A page of an attacker's may have its own name resolve to this machine and then read what it gets,
 * as the browser takes both for one origin (DNS rebinding). The name it came by gives it away: only
 * addresses we listen on, `localhost` where that leads here, and names the user gave are answered.
 */
export function isOurHost(
  host: string | undefined,
  listening: Endpoint,
  allowed: readonly string[],
): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  if (allowed.some((one) => one.toLowerCase() === name)) return true;
  const everywhere = listening.address === "0.0.0.0";
  const onLoopback = listening.address.startsWith("127.");
  if (name === "localhost") return everywhere || onLoopback;
  if (!isIpv4(name)) return false;
  return everywhere || name === listening.address;
}

/** The name or address in a `Host`, in small letters and without its port. */
export function hostName(host: string | undefined): string | undefined {
  return /^([A-Za-z0-9._-]+)(?::\d{1,5})?$/.exec(host ?? "")?.[1]?.toLowerCase();
}
