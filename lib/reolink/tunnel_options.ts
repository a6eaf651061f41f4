import type { BcUdpOptions } from "./bcudp/connection_options.ts";
import type { ReolinkSignalingOptions } from "./signaling/signaling_options.ts";

export interface ReolinkTunnelOptions extends ReolinkSignalingOptions {
  /** Settings of the connection that are not the defaults of a client. */
  readonly connection?: Omit<Partial<BcUdpOptions>, "role" | "ownId" | "peerId" | "peer">;
}
