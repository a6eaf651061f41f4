import type { World } from "./types.ts";
import { systemClock } from "./clock.ts";
import { systemEntropy } from "./entropy.ts";
import { broadcastAddresses, localAddresses } from "./interfaces.ts";
import { resolveHost, resolveHostAll } from "./resolver.ts";
import { dialTcp, listenTcp } from "./tcp.ts";
import { openUdp } from "./udp_socket.ts";

/** The world this process runs in. */
export const systemWorld: World = {
  clock: systemClock,
  entropy: systemEntropy,
  dialTcp,
  listenTcp,
  openUdp,
  resolve: resolveHost,
  resolveAll: resolveHostAll,
  localAddresses,
  broadcastAddresses,
};
