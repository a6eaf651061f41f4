import type { HostPort } from "../config/camera_address.ts";
import type { World } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";
import type { Chart } from "./chart.ts";
import type { NameFinding } from "./findings.ts";

/** Resolves the names of servers, all at once, and notes what comes of each. */
export async function resolveServers(
  servers: readonly HostPort[],
  world: World,
  chart: Chart,
  signal: AbortSignal,
): Promise<readonly Endpoint[]> {
  const hosts = [...new Set(servers.map(({ host }) => host))];
  const found = new Map<string, readonly string[]>();
  await Promise.all(hosts.map(async (host) => {
    const began = world.clock.now();
    const name = await resolveName(host, world, signal);
    if (signal.aborted) return;
    chart.noteName(name, world.clock.now() - began);
    found.set(host, name.addresses);
  }));
  return servers.flatMap(({ host, port }) =>
    (found.get(host) ?? []).map((address) => ({ address, port }))
  );
}

async function resolveName(
  host: string,
  world: World,
  signal: AbortSignal,
): Promise<NameFinding> {
  try {
    return { host, addresses: await world.resolveAll(host, signal), detail: "" };
  } catch (error) {
    return {
      host,
      addresses: [],
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}
