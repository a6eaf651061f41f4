/**
 * The hub with many viewers: simulated camera → tunnel → one pull → 1, 10 and 50 viewers over TCP,
 * all in this process. What counts is CPU per viewer and megabit, and memory.
 */
import process from "node:process";
import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import { DahuaCamera } from "../../lib/hub/dahua_camera.ts";
import { startRtspServer } from "../../lib/rtsp/server.ts";
import { startRtspPull } from "../../lib/hub/rtsp_pull.ts";
import { parseStreamPath } from "../../lib/hub/stream_path.ts";
import { dialTcp } from "../../lib/io/tcp.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import type { Endpoint } from "../../lib/machine.ts";
import { startRtspCamera } from "../../lib/sim/rtsp_camera.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { startSimulation } from "../../lib/sim/simulation.ts";
import { type Bench, measure, type Measurement } from "./bench.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const SERIAL = "BENCH00000000001";
const SECONDS = 8;

export const bench: Bench = async () => {
  const stop = new AbortController();
  const rtsp = await startRtspCamera(systemWorld, { listen: LOOPBACK });
  const scenario = parseScenario({ dahua: { cameras: [{ serial: SERIAL }] } });
  const simulation = await startSimulation(systemWorld, scenario, {
    log: silentLog,
    signal: stop.signal,
    defaultPorts: { "554": rtsp.endpoint },
  });
  const address = parseCameraAddress(
    `dahua://${SERIAL}?server=${simulation.description.dahua.server}`,
  );
  if (address.vendor !== "dahua") throw new Error("a Dahua address is one");
  const camera = new DahuaCamera({
    address,
    world: systemWorld,
    idle: 60_000,
    onTunnelEvent: () => {},
    onPoolEvent: () => {},
    onPathEvent: () => {},
    onBug: (error) => {
      throw error;
    },
  });
  const server = await startRtspServer(systemWorld, {
    listen: LOOPBACK,
    log: silentLog,
    async find(path) {
      const name = parseStreamPath(path, SERIAL, address);
      return name === undefined ? undefined : await camera.path(name)?.find();
    },
  });
  const measurements: Measurement[] = [];
  for (const viewers of [1, 10, 50]) measurements.push(await watch(server.endpoint, viewers));
  await server.close();
  await camera.close();
  stop.abort();
  await rtsp.close();
  return measurements;
};

/** So many viewers for some seconds; the first picture of each is timed, too. */
async function watch(at: Endpoint, count: number): Promise<Measurement> {
  const firstPictures: number[] = [];
  let received = 0;
  const signal = new AbortController();
  const measured = await measure(`hub, ${count} viewers`, async () => {
    const viewers = await Promise.all(Array.from({ length: count }, async () => {
      const started = performance.now();
      const picture = Promise.withResolvers<void>();
      const { clock, entropy } = systemWorld;
      const pull = await startRtspPull({
        stream: await dialTcp(at, signal.signal),
        url: `rtsp://127.0.0.1:${at.port}/${SERIAL}`,
        credentials: undefined,
        clock,
        entropy,
        signal: signal.signal,
        onUnit({ keyframe, parts }) {
          for (const { byteLength } of parts) received += byteLength;
          if (keyframe) picture.resolve();
        },
      });
      await picture.promise;
      firstPictures.push(performance.now() - started);
      return pull;
    }));
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
    for (const viewer of viewers) viewer.close();
    await Promise.all(viewers.map(({ ended }) => ended));
    return received;
  });
  firstPictures.sort((a, b) => a - b);
  const median = firstPictures[Math.floor(count / 2)] ?? 0;
  const megabits = measured.bytes * 8 / 1e6;
  const cpu = 1_000 * measured.cpuSeconds / megabits;
  const rss = process.memoryUsage.rss() / 1e6;
  return {
    ...measured,
    note: `${cpu.toFixed(2)} CPU ms per viewer-megabit, ${rss.toFixed(0)} MB RSS, ` +
      `first key frame after ${median.toFixed(0)} ms (median; a group of pictures is 1000 ms)`,
  };
}
