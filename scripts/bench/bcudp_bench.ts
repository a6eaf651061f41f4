/**
 * One BcUDP stream from camera to client on loopback, beside the same bytes over TCP: as fast as they
 * go, and at the pace of a live picture. Both ends share this process, so its CPU time is theirs
 * together.
 */
import { drive } from "../../lib/io/drive.ts";
import { dialTcp, listenTcp } from "../../lib/io/tcp.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import { openUdp } from "../../lib/io/udp_socket.ts";
import { systemWorld } from "../../lib/io/world.ts";
import type { Endpoint, Machine } from "../../lib/machine.ts";
import { BcUdpConnection } from "../../lib/reolink/bcudp/connection.ts";
import type { BcUdpEvent } from "../../lib/reolink/bcudp/connection_options.ts";
import { type Bench, measure, type Measurement } from "./bench.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const FLOOD_BYTES = 64 << 20;

/** 8 Mbit/s, as the main stream of a camera with 4 megapixels has it, in 25 pictures a second. */
const FRAME = new Uint8Array(40_000);
const FRAME_EVERY_MS = 40;
const FRAMES = 150;

const CHUNK = new Uint8Array(64 << 10);
const IDS = { client: { ownId: 7, peerId: 80 }, camera: { ownId: 80, peerId: 7 } } as const;

export const bench: Bench = async () => [
  withCpu(await measure("BcUDP", () => overBcUdp(FLOOD_BYTES, flood))),
  withCpu(await measure("TCP, as beside BcUDP", () => overTcp(FLOOD_BYTES, flood))),
  withCpu(await measure("BcUDP, live 8 Mbit/s", () => overBcUdp(LIVE_BYTES, live))),
  withCpu(await measure("TCP, live 8 Mbit/s", () => overTcp(LIVE_BYTES, live))),
];

const LIVE_BYTES = FRAMES * FRAME.byteLength;

/** Writes whatever there is to write. */
type Writer = (write: (bytes: Uint8Array) => Promise<void>, bytes: number) => Promise<void>;

async function flood(write: (bytes: Uint8Array) => Promise<void>, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; sent += CHUNK.byteLength) await write(CHUNK);
}

async function live(write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  for (let number = 0; number < FRAMES; number++) {
    await write(FRAME);
    await new Promise((resolve) => setTimeout(resolve, FRAME_EVERY_MS));
  }
}

async function overBcUdp(bytes: number, writer: Writer): Promise<number> {
  const [clientSocket, cameraSocket] = await Promise.all([openUdp(LOOPBACK), openUdp(LOOPBACK)]);
  const { clock } = systemWorld;
  const now = clock.now();
  const camera = new BcUdpConnection(now, {
    role: "camera",
    ...IDS.camera,
    peer: clientSocket.local,
  });
  const client = new BcUdpConnection(now, {
    role: "client",
    ...IDS.client,
    peer: cameraSocket.local,
  });
  let wake = () => {};
  let received = 0;
  const done = Promise.withResolvers<number>();
  const fail = (error: unknown) => done.reject(error);
  const cameraDriver = drive(machineOf(camera), {
    sockets: new Map([["udp", cameraSocket]]),
    clock,
    onEvent: (event: BcUdpEvent) => {
      if (event.type === "writable") wake();
      if (event.type === "closed") fail(new Error(`Cannot bench as it ended: ${event.detail}`));
    },
    onError: fail,
  });
  const clientDriver = drive(machineOf(client), {
    sockets: new Map([["udp", clientSocket]]),
    clock,
    onEvent: () => {
      for (let chunk = client.read(); chunk !== undefined; chunk = client.read()) {
        received += chunk.byteLength;
      }
      if (received >= bytes) done.resolve(received);
    },
    onError: fail,
  });
  // Cameras wait for a client to speak first.
  clientDriver.command(() => client.write(clock.now(), new Uint8Array(1)));
  await writer(async (chunk) => {
    while (camera.space() === 0) await new Promise<void>((resolve) => wake = resolve);
    cameraDriver.command((_machine, at) => camera.write(at, chunk));
  }, bytes);
  await done.promise;
  for (const driver of [cameraDriver, clientDriver]) driver.close();
  return received;
}

/** A connection as a machine with one socket. */
function machineOf(connection: BcUdpConnection): Machine<BcUdpEvent> {
  return {
    handleDatagram: (now, _via, from: Endpoint, bytes) =>
      connection.handleDatagram(now, from, bytes),
    handleTimeout: (now) => connection.handleTimeout(now),
    pollTransmit() {
      const bytes = connection.pollTransmit();
      return bytes && { via: "udp", to: connection.peer, bytes };
    },
    pollEvent: () => connection.pollEvent(),
    pollTimeout: () => connection.pollTimeout(),
  };
}

async function overTcp(bytes: number, writer: Writer): Promise<number> {
  const accepted = Promise.withResolvers<ByteStream>();
  const listener = await listenTcp(LOOPBACK, accepted.resolve);
  const client = await dialTcp(listener.local, new AbortController().signal);
  const camera = await accepted.promise;
  const reading = readAll(client, bytes);
  await writer((chunk) => camera.write(chunk), bytes);
  const received = await reading;
  for (const stream of [client, camera]) stream.abort();
  await listener.close();
  return received;
}

async function readAll(stream: ByteStream, bytes: number): Promise<number> {
  let received = 0;
  while (received < bytes) received += (await stream.read())?.byteLength ?? Infinity;
  return received;
}

function withCpu(measurement: Measurement): Measurement {
  const megabits = measurement.bytes * 8 / 1e6;
  const rate = megabits / measurement.seconds;
  const cpu = 1_000 * measurement.cpuSeconds / megabits;
  return {
    ...measurement,
    note: `${rate.toFixed(0)} Mbit/s, ${cpu.toFixed(2)} CPU ms a megabit, both ends`,
  };
}
