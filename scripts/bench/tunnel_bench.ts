/**
 * The tunnel end to end on loopback: TCP server → simulated camera → PTCP over UDP → our client.
 * Both ends share this process, so its CPU time is that of camera and client together.
 */
import { parseCameraAddress } from "../../lib/config/camera_address.ts";
import { formatEndpoint } from "../../lib/endpoint.ts";
import { DahuaLink } from "../../lib/hub/dahua/link.ts";
import { dialTcp, listenTcp } from "../../lib/io/tcp.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import { systemWorld } from "../../lib/io/world.ts";
import { Forwarder } from "../../lib/hub/forwarder.ts";
import { silentLog } from "../../lib/log/log.ts";
import { parseScenario } from "../../lib/sim/scenario.ts";
import { startSimulation } from "../../lib/sim/simulation.ts";
import { type Bench, measure, type Measurement } from "./bench.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const SERIAL = "BENCH00000000001";
const PORT = 80;
const CHUNK = new Uint8Array(64 << 10);
const WINDOW = 65535;

export const bench: Bench = async () => [
  await tunnel("tunnel", {}, 128 << 20),
  await tunnel("tunnel, 40 ms round trip", { delay: "20ms" }, 16 << 20, 40),
  await tunnel("tunnel, 40 ms, 1 % loss", { delay: "20ms", loss: 0.01 }, 8 << 20, 40),
];

/** Downloads through a tunnel whose camera has such a link, as a local program would. */
async function tunnel(
  name: string,
  link: object,
  bytes: number,
  roundTrip?: number,
): Promise<Measurement> {
  const server = await listenTcp(LOOPBACK, (stream) => void flood(stream));
  const stop = new AbortController();
  const ports = { [PORT]: formatEndpoint(server.local) };
  const scenario = parseScenario({ dahua: { cameras: [{ serial: SERIAL, link, ports }] } });
  const simulation = await startSimulation(systemWorld, scenario, {
    log: silentLog,
    signal: stop.signal,
  });
  const address = parseCameraAddress(
    `dahua://${SERIAL}?server=${simulation.description.dahua.server}`,
  );
  if (address.vendor !== "dahua") throw new Error("a Dahua address is one");
  const camera = await DahuaLink.start(
    { address, world: systemWorld, onEvent: () => {} },
    stop.signal,
  );
  await camera.opened;
  const forwarder = await Forwarder.start({
    forwards: [{ listen: LOOPBACK, devicePort: PORT }],
    listenTcp,
    openStream: (port) => Promise.resolve(camera.openStream(port)),
    log: silentLog,
  });
  const measured = await measure(name, () => download(forwarder, bytes));
  camera.close();
  await camera.ended;
  await forwarder.close();
  stop.abort();
  await server.close();
  return roundTrip === undefined ? measured : { ...measured, note: note(measured, roundTrip) };
}

async function download(forwarder: Forwarder, bytes: number): Promise<number> {
  const stream = await dialTcp(forwarder.addresses[0] ?? LOOPBACK, AbortSignal.timeout(5_000));
  let received = 0;
  while (received < bytes) received += (await stream.read())?.byteLength ?? Infinity;
  stream.abort();
  return received;
}

async function flood(stream: ByteStream): Promise<void> {
  try {
    for (;;) await stream.write(CHUNK);
  } catch {
    // The bench has seen enough.
  }
}

/** What one window a round trip would allow, since the protocol has no larger window. */
function note({ bytes, seconds }: Measurement, roundTrip: number): string {
  const limit = WINDOW / (roundTrip / 1000);
  return `${(100 * bytes / seconds / limit).toFixed(0)} % of a window a round trip`;
}
