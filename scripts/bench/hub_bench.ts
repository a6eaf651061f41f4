/**
 * One camera, 1, 10 and 50 viewers over TCP: what our process and those of others take for it, in
 * CPU and memory. Each server runs in a process of its own; camera and viewers are in this one.
 *
 * `sightline open` reaches the camera through a tunnel, as nobody else can. What the tunnel costs is
 * seen beside the row without it, which like go2rtc and mediamtx pulls the camera over plain TCP.
 */
import process from "node:process";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { silentLog } from "../../lib/log/log.ts";
import { startRtspServer } from "../../lib/rtsp/server/server.ts";
import { ClipSource } from "../../lib/sim/clip/clip_source.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { startSimulation } from "../../lib/sim/simulation.ts";
import type { Bench, Measurement } from "./bench.ts";
import { Child } from "./child.ts";
import { heavyClip } from "./heavy_clip.ts";
import { findPeer, freePort, type Peer, PEERS } from "./peers.ts";
import { comeUp, timeToKeyframe, watch } from "./viewers.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const SERIAL = "BENCH00000000001";
const VIEWERS = [1, 10, 50];

/** Bits a second of a common 1080p camera. */
const BIT_RATE = 4e6;
const SECONDS = 12;

/** Until the compilers of the runtimes have come to rest. */
const WARM_UP_SECONDS = 5;
const GROUP_MS = 1_000;

/** Viewers whose first picture is timed, and how far apart: all over a group of pictures. */
const LATECOMERS = 50;
const APART_MS = 270;

interface Contender {
  readonly name: string;
  start(): Promise<{ child: Child; url: string }>;
}

export const bench: Bench = async () => {
  const stop = new AbortController();
  const clip = new ClipSource(systemWorld.clock, heavyClip(BIT_RATE));
  const camera = await startRtspServer(systemWorld, {
    listen: LOOPBACK,
    find: () => Promise.resolve(clip),
    log: silentLog,
  });
  const ports = { "554": formatEndpoint(camera.endpoint) };
  const scenario = parseScenario({ dahua: { cameras: [{ serial: SERIAL, ports }] } });
  const simulation = await startSimulation(systemWorld, scenario, {
    log: silentLog,
    signal: stop.signal,
  });
  const source = `rtsp://127.0.0.1:${camera.endpoint.port}/cam/realmonitor?channel=1&subtype=0`;
  const address = `dahua://${SERIAL}?server=${simulation.description.dahua.server}`;
  const measurements: Measurement[] = [];
  for (const contender of [...ours(address, source), ...peers(source)]) {
    measurements.push(...await measureContender(contender));
  }
  stop.abort();
  await camera.close();
  clip.close();
  return measurements;
};

function ours(address: string, source: string): Contender[] {
  return [
    {
      name: "sightline open",
      async start() {
        const child = Child.run("main.ts", "open", address, "--listen", "127.0.0.1:0");
        return { child, url: await child.line(/^rtsp:/) };
      },
    },
    {
      name: "without tunnel",
      async start() {
        const child = Child.run("scripts/bench/serve_direct.ts", source);
        return { child, url: await child.line(/^rtsp:/) };
      },
    },
  ];
}

/** They are the same whatever our runtime is, and measured beside the first. */
function peers(source: string): Contender[] {
  if (process.versions.bun !== undefined) return [];
  return PEERS.flatMap((peer) => {
    const program = findPeer(peer);
    if (program !== undefined) return [contender(peer, program, source)];
    console.error(`${peer.name} is not on the PATH nor named by ${peer.variable}: left out`);
    return [];
  });
}

function contender(peer: Peer, program: string, source: string): Contender {
  return {
    name: peer.name,
    async start() {
      const { child, urls: [url = ""] } = peer.start(program, [source], await freePort());
      await comeUp(url);
      return { child, url };
    },
  };
}

async function measureContender({ name, start }: Contender): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const { child, url } = await start();
  for (const count of VIEWERS) measurements.push(await measureViewers(name, child, url, count));
  await child.stop();
  return measurements;
}

async function measureViewers(
  name: string,
  child: Child,
  url: string,
  count: number,
): Promise<Measurement> {
  const viewers = await Promise.all(Array.from({ length: count }, () => watch(url)));
  await Promise.all(viewers.map(({ started }) => started));
  await sleep(WARM_UP_SECONDS * 1_000);
  const received = () => viewers.reduce((sum, viewer) => sum + viewer.bytes, 0);
  const before = { ...child.usage(), bytes: received(), at: performance.now() };
  await sleep(SECONDS * 1_000);
  const { cpuSeconds: cpu, residentBytes } = child.usage();
  const bytes = received() - before.bytes;
  const seconds = (performance.now() - before.at) / 1_000;
  const cpuSeconds = cpu - before.cpuSeconds;
  const firstPicture = await medianFirstPicture(url);
  await Promise.all(viewers.map((viewer) => viewer.close()));
  const perMegabit = (1_000 * cpuSeconds / (bytes * 8 / 1e6)).toFixed(2);
  const megabytes = (residentBytes / 1e6).toFixed(0);
  const note = `${perMegabit} CPU ms per viewer-megabit, ${megabytes} MB RSS, ` +
    `first key frame after ${firstPicture.toFixed(0)} ms ` +
    `(median of ${LATECOMERS}; a group of pictures is ${GROUP_MS} ms)`;
  return { name: `${name}, ${count} viewers`, bytes, seconds, cpuSeconds, note };
}

/** They come whether or not the one before has its picture: no key frame sets their pace. */
async function medianFirstPicture(url: string): Promise<number> {
  const times = await Promise.all(Array.from({ length: LATECOMERS }, async (_, i) => {
    await sleep(i * APART_MS);
    return await timeToKeyframe(url);
  }));
  times.sort((a, b) => a - b);
  return times[LATECOMERS >> 1] ?? NaN;
}

function sleep(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}
