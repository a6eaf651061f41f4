/**
 * A simulated camera on a socket of this host, with real servers behind its ports.
 *
 *     camera.ts SERIAL
 */

import process from "node:process";
import { drive } from "../../../lib/io/drive.ts";
import { MachineStream } from "../../../lib/io/machine_stream.ts";
import { pipe } from "../../../lib/io/pipe.ts";
import type { ByteStream } from "../../../lib/io/types.ts";
import { systemWorld } from "../../../lib/io/world.ts";
import type { Instant } from "../../../lib/machine.ts";
import { DahuaDevice, type DeviceEvent } from "../../../lib/sim/dahua/device.ts";
import { startRtspCamera } from "../../../lib/sim/rtsp_camera.ts";
import {
  BACKSTAGE_KEY,
  CLOUD,
  content,
  FEED_BYTES,
  FEED_PAUSE,
  FILE_BYTES,
  PORTS,
} from "../plan.ts";

const LOOPBACK = "127.0.0.1";

const { clock, entropy, openUdp, listenTcp, dialTcp, localAddresses } = systemWorld;
const [serial = ""] = process.argv.slice(2);
const [address = ""] = localAddresses();

await serve(PORTS.file, FILE_BYTES, 0);
await serve(PORTS.feed, FEED_BYTES, FEED_PAUSE);
await startRtspCamera(systemWorld, { listen: { address: LOOPBACK, port: PORTS.rtsp } });

const socket = await openUdp({ address, port: 0 });
const streams = new Map<number, MachineStream>();
const device = new DahuaDevice({
  serial,
  local: socket.local,
  ...CLOUD,
  backstageKey: BACKSTAGE_KEY,
  entropy,
  // A camera does not know what is in front of it.
  opensHole: true,
  auth: "none",
});
const driver = drive(device, {
  sockets: new Map(Array.from(device.sockets.keys(), (name) => [name, socket])),
  clock,
  onEvent: handleEvent,
  onError(error) {
    throw error;
  },
});

function handleEvent(event: DeviceEvent): void {
  switch (event.type) {
    case "online":
      return console.log("ready");
    case "sessionOpen":
    case "sessionClosed":
      return;
    case "dial":
      return void connect(event.stream, event.port);
    case "readable":
    case "writable":
      return streams.get(event.stream)?.wake();
    case "closed":
      return streams.get(event.stream)?.finish("peer", "the client ended it");
  }
}

/** Joins a stream with the server behind a port until both have ended. */
async function connect(id: number, port: number): Promise<void> {
  const command = <Result>(run: (now: Instant) => Result): Result =>
    driver.command((_device, now) => run(now));
  const stream = new MachineStream(clock, port, {
    space: () => device.streams.space(id),
    write: (bytes) => command((now) => device.streams.write(now, id, bytes)),
    read: () => command((now) => device.streams.read(now, id)),
    close: () => command((now) => device.streams.close(now, id)),
  }, { answerGrace: 0 });
  streams.set(id, stream);
  try {
    const tcp = await dialTcp({ address: LOOPBACK, port }, AbortSignal.timeout(1_000));
    command((now) => device.streams.accept(now, id));
    void stream.broken.then(() => tcp.abort());
    await pipe(tcp, stream);
  } catch {
    stream.abort();
  } finally {
    streams.delete(id);
  }
}

/** Sends so many bytes to everyone who connects, with a pause between two pieces. */
async function serve(port: number, bytes: number, pause: number): Promise<void> {
  await listenTcp({ address: LOOPBACK, port }, (stream) => {
    void send(stream, bytes, pause).catch(() => {}).finally(() => stream.abort());
  });
}

async function send(stream: ByteStream, bytes: number, pause: number): Promise<void> {
  let due = clock.now();
  for (const piece of content(bytes)) {
    await stream.write(piece);
    due += pause;
    const wait = due - clock.now();
    if (wait > 0) await new Promise<void>((resolve) => clock.setTimer(wait, resolve));
  }
  await stream.end();
  await stream.read();
}
