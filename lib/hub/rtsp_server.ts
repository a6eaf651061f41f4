import { formatEndpoint } from "../endpoint.ts";
import type { ByteStream, World } from "../io/types.ts";
import type { Log } from "../log/log.ts";
import type { Endpoint } from "../machine.ts";
import type { FindSource } from "../media/source.ts";
import { RtpPorts } from "../rtsp/rtp_ports.ts";
import { serveRtsp } from "../rtsp/serve.ts";

/** Viewers connected at once; more are dropped as they come. */
export const MAX_VIEWERS = 128;

export interface RtspServerOptions {
  readonly listen: Endpoint;
  readonly find: FindSource;
  readonly log: Log;
}

/** The hub's streams, for any RTSP player. */
export interface RtspServer {
  readonly endpoint: Endpoint;
  /** Connections open now. */
  readonly viewers: number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** Starts to serve. Rejects with `ListenError`. */
export async function startRtspServer(
  world: Pick<World, "clock" | "entropy" | "listenTcp" | "openUdp">,
  { listen, find, log }: RtspServerOptions,
): Promise<RtspServer> {
  const { clock, entropy } = world;
  const udp = await RtpPorts.open(world.openUdp, listen.address);
  const closing = new AbortController();
  const viewers = new Set<Promise<unknown>>();
  const listener = await world.listenTcp(listen, (stream: ByteStream) => {
    if (viewers.size >= MAX_VIEWERS) {
      log.warn("viewer refused: too many are connected", {
        viewer: formatEndpoint(stream.remote),
        limit: MAX_VIEWERS,
      });
      return stream.abort();
    }
    const viewer = serveRtsp(stream, { find, udp, clock, entropy, signal: closing.signal, log })
      .finally(() => viewers.delete(viewer));
    viewers.add(viewer);
  }).catch((error: unknown) => {
    udp.close();
    throw error;
  });
  return {
    endpoint: listener.local,
    get viewers() {
      return viewers.size;
    },
    async close() {
      closing.abort();
      await listener.close();
      await Promise.all(viewers);
      udp.close();
    },
  };
}
