import type { ReolinkLink, ReolinkLinkOptions } from "./link.ts";
import { dialReolinkTcp } from "./tcp_link.ts";
import { ReolinkTunnelLink } from "./tunnel_link.ts";

/**
 * Begins to reach a camera: by UID through the tunnel, by address over TCP. Rejects with `LinkError`
 * when not even a beginning can be made, which for TCP is the connection itself.
 */
export function startReolinkLink(
  options: ReolinkLinkOptions,
  signal: AbortSignal,
): Promise<ReolinkLink> {
  const { target } = options.address;
  return target.type === "uid"
    ? ReolinkTunnelLink.start(target.uid, options)
    : dialReolinkTcp({ address: target.host, port: target.port }, options, signal);
}
