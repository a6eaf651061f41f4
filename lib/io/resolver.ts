import { lookup } from "node:dns/promises";
import { isIpv4 } from "../endpoint.ts";
import { abortable } from "./abortable.ts";
import { codeOf, ResolveError } from "./errors.ts";

/**
 * The IPv4 address of a host, as the operating system resolves it; an address is its own answer.
 * Rejects with `ResolveError` when there is none, and when `signal` fires first.
 */
export async function resolveHost(host: string, signal: AbortSignal): Promise<string> {
  const [first] = await resolveHostAll(host, signal);
  return first;
}

/** All IPv4 addresses of a host; otherwise as `resolveHost()`. */
export async function resolveHostAll(
  host: string,
  signal: AbortSignal,
): Promise<readonly [string, ...string[]]> {
  if (isIpv4(host)) return [host];
  if (host === "") throw resolveError("not-found", host, "a host name cannot be empty");
  const aborted = () => resolveError("aborted", host, "it was called off");
  if (signal.aborted) throw aborted();
  // The system's own lookup cannot be stopped: once called off, its answer comes to nothing.
  const addresses = await abortable(lookupAddresses(host), signal, aborted);
  // An IPv6 address is its own answer as well, whichever family is asked for.
  const [first, ...more] = addresses.filter(isIpv4);
  if (first !== undefined) return [first, ...more];
  throw resolveError("not-found", host, "only IPv4 is spoken here");
}

async function lookupAddresses(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { family: 4, all: true })).map(({ address }) => address);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOTFOUND") {
      throw resolveError("not-found", host, "no IPv4 address is known for it", error);
    }
    throw resolveError("failed", host, `the name service failed (${code ?? error})`, error);
  }
}

function resolveError(
  code: "not-found" | "aborted" | "failed",
  host: string,
  reason: string,
  cause?: unknown,
): ResolveError {
  return new ResolveError(code, `Cannot resolve "${host}" as ${reason}`, cause);
}
