/**
 * Pull, hub and RTSP server without a tunnel, as others have it: pulls the address given over plain
 * TCP, offers it to any number of viewers, and prints where.
 */
import process from "node:process";
import { MediaPath } from "../../lib/hub/media/media_path.ts";
import { startRtspPull } from "../../lib/hub/media/rtsp_pull.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import { startRtspServer } from "../../lib/rtsp/server/server.ts";

const [url = ""] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const { clock, entropy, dialTcp, openUdp } = systemWorld;

const path = new MediaPath({
  startPull: async (onUnit, signal) =>
    await startRtspPull({
      stream: await dialTcp({ address: hostname, port: Number(port) }, signal),
      url,
      credentials: undefined,
      clock,
      entropy,
      onUnit,
      signal,
    }),
  renew: () => {},
  clock,
  entropy,
  onEvent: () => {},
  onBug: (error) => {
    throw error;
  },
});
const server = await startRtspServer(systemWorld, {
  listen: { address: "127.0.0.1", port: 0 },
  find: () => path.find(),
  openUdp,
  log: silentLog,
});
console.log(`rtsp://127.0.0.1:${server.endpoint.port}/camera`);
