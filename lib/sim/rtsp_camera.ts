import { formatEndpoint } from "../endpoint.ts";
import type { ByteStream, World } from "../io/types.ts";
import { type Log, silentLog } from "../log/log.ts";
import type { Endpoint } from "../machine.ts";
import { serveRtsp } from "../rtsp/serve.ts";
import { ClipSource } from "./clip/clip_source.ts";

/** Connections a simulated camera accepts; more are dropped at once. */
export const MAX_CAMERA_CONNECTIONS = 64;

export interface RtspCameraOptions {
  /** Where to listen; port 0 takes any free one. */
  readonly listen: Endpoint;
  readonly log?: Log;
}

/** A camera that serves the test picture over RTSP. */
export interface RtspCamera {
  readonly endpoint: Endpoint;
  /** Connections open now. */
  readonly connections: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Ends all connections and stops listening. */
  close(): Promise<void>;
}

/** Starts a camera. Rejects with `ListenError` where it cannot listen. */
export async function startRtspCamera(
  world: Pick<World, "clock" | "entropy" | "listenTcp">,
  { listen, log = silentLog }: RtspCameraOptions,
): Promise<RtspCamera> {
  const source = new ClipSource(world.clock);
  const closing = new AbortController();
  const connections = new Set<Promise<unknown>>();
  let accepted = 0;

  function serve(stream: ByteStream): void {
    if (connections.size >= MAX_CAMERA_CONNECTIONS) {
      log.warn("too many connections", { remote: formatEndpoint(stream.remote) });
      stream.abort();
      return;
    }
    accepted++;
    const connection = serveRtsp(stream, {
      find: (path) => Promise.resolve(isLivePath(path) ? source : undefined),
      clock: world.clock,
      entropy: world.entropy,
      signal: closing.signal,
      log,
    }).finally(() => connections.delete(connection));
    connections.add(connection);
  }

  const listener = await world.listenTcp(listen, serve);
  return {
    endpoint: listener.local,
    get connections() {
      return connections.size;
    },
    get accepted() {
      return accepted;
    },
    async close() {
      closing.abort();
      await listener.close();
      await Promise.all(connections);
      source.close();
    },
  };
}

/** `/cam/realmonitor` with a channel from 1 and a subtype from 0 to 2, as Dahua devices have it. */
export function isLivePath(path: string): boolean {
  const [name, query = ""] = path.split("?", 2);
  if (name?.toLowerCase() !== "/cam/realmonitor") return false;
  const parameters = new URLSearchParams(query);
  return /^[1-9]\d{0,2}$/.test(parameters.get("channel") ?? "1") &&
    /^[0-2]$/.test(parameters.get("subtype") ?? "0");
}
