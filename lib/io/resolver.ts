import { lookup } from "node:dns/promises";
import { isIpv4 } from "../endpoint.ts";
import { abortable } from "./abortable.ts";
import { codeOf, ResolveError } from "./errors.ts";

/**
 * The IPv4 address of a host, as the operating system resolves it; an address is its own answer.
 * Rejects with `ResolveError` when there is none, and when `signal` fires first.
 */
export async function resolveHost(host: string, signal: AbortSignal): Promise<string> {
  if (isIpv4(host)) return host;
  if (host === "") throw resolveError("not-found", host, "a host name cannot be empty");
  const aborted = () => resolveError("aborted", host, "it was called off");
  if (signal.aborted) throw aborted();
  // The system's own lookup cannot be stopped: once called off, its answer comes to nothing.
  const address = await abortable(lookupAddress(host), signal, aborted);
  // An IPv6 address is its own answer as well, whichever family is asked for.
  if (isIpv4(address)) return address;
  throw resolveError("not-found", host, "only IPv4 is spoken here");
}

async function lookupAddress(host: string): Promise<string> {
  try {
    return (await lookup(host, { family: 4 })).address;
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
