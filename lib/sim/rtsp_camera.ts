import type { OpenUdp, World } from "../io/types.ts";
import { type Log, silentLog } from "../log/log.ts";
import type { Endpoint } from "../machine.ts";
import type { Credentials } from "../rtsp/credentials.ts";
import { type RtspServer, startRtspServer } from "../rtsp/server/server.ts";
import { type ClipOptions, loadClip } from "./clip/clip.ts";
import { ClipSource } from "./clip/clip_source.ts";

/** Connections a simulated camera accepts; more are dropped at once. */
export const MAX_CAMERA_CONNECTIONS = 64;

export interface RtspCameraOptions {
  /** Where to listen; port 0 takes any free one. */
  readonly listen: Endpoint;
  readonly log?: Log;
  /** What it shows. */
  readonly clip?: ClipOptions;
  /** Whoever may look; everybody where it is not given. */
  readonly users?: readonly Credentials[];
  /**
   * Opens the sockets for viewers that want UDP. Not for a camera behind a tunnel, which carries TCP
   * only: packets would find their way round it.
   */
  readonly openUdp?: OpenUdp;
}

/** A camera that serves the test picture over RTSP. */
export type RtspCamera = RtspServer;

/** Starts a camera. Rejects with `ListenError` where it cannot listen. */
export async function startRtspCamera(
  world: Pick<World, "clock" | "entropy" | "listenTcp">,
  { log = silentLog, clip, ...options }: RtspCameraOptions,
): Promise<RtspCamera> {
  const source = new ClipSource(world.clock, loadClip(clip));
  const server = await startRtspServer(world, {
    ...options,
    log,
    find: (path) => Promise.resolve(isLivePath(path) ? source : undefined),
    maxConnections: MAX_CAMERA_CONNECTIONS,
  });
  return {
    endpoint: server.endpoint,
    get connections() {
      return server.connections;
    },
    get accepted() {
      return server.accepted;
    },
    async close() {
      await server.close();
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
