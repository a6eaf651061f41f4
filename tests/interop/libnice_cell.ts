import { formatEndpoint } from "../../lib/endpoint.ts";
import { drive } from "../../lib/io/drive.ts";
import { systemClock } from "../../lib/io/clock.ts";
import { openUdp } from "../../lib/io/udp_socket.ts";
import type { Duration } from "../../lib/machine.ts";
import { Link } from "../../lib/sim/link.ts";
import { type NetworkEvent, SimNetwork } from "../../lib/sim/network.ts";
import { Rng } from "../../lib/sim/rng.ts";
import { type ClientEvent, TransferClient } from "./libnice_client.ts";
import { type Device, startDevice } from "./libnice_device.ts";

/** One transfer between our engine and libnice over one bad link. */
export interface Cell {
  readonly direction: "download" | "upload";
  readonly bytes: number;
  /** Probability of a loss, each way. */
  readonly loss: number;
  /** One way. */
  readonly delay: Duration;
  readonly seed: number;
  /** Both counters start just below 2³² and wrap in mid-transfer. */
  readonly wrap?: boolean;
  /** Default 1284, libnice's own. */
  readonly mss?: number;
}

export interface CellResult {
  readonly ok: boolean;
  readonly seconds: number;
  /** Why not ok, else a few figures. */
  readonly detail: string;
}

/** Every link also reorders and duplicates. */
const REORDER = 0.01;
const DUPLICATE = 0.01;

/** How far below 2³² the counters start: one wraps at once, the other amid data. */
const SMALL_GAP = 10;
const LARGE_GAP = 100_000;

const LOOPBACK = "127.0.0.1";

/** Runs a cell in real time, as libnice has its own clock. Never rejects. */
export async function runCell(program: string, cell: Cell, limit: Duration): Promise<CellResult> {
  const started = systemClock.now();
  const seconds = () => (systemClock.now() - started) / 1000;
  try {
    const role = cell.direction === "download" ? "source" : "sink";
    const { bytes, seed, mss = 1284 } = cell;
    const device = await startDevice(program, { role, bytes, seed, mss });
    try {
      const detail = await transfer(cell, device, limit);
      return { ok: true, seconds: seconds(), detail };
    } finally {
      device.stop();
    }
  } catch (error) {
    return { ok: false, seconds: seconds(), detail: String(error) };
  }
}

async function transfer(cell: Cell, device: Device, limit: Duration): Promise<string> {
  const rng = new Rng(cell.seed);
  const link = {
    loss: cell.loss,
    delay: cell.delay,
    reorder: REORDER,
    duplicate: DUPLICATE,
  };
  const client = new TransferClient({
    device: { address: LOOPBACK, port: device.port },
    direction: cell.direction,
    bytes: cell.bytes,
    seed: cell.seed,
    entropy: rng.fork().entropy,
    offsets: offsetsOf(cell),
  });
  const socket = await openUdp({ address: LOOPBACK, port: 0 });
  const network = new SimNetwork<ClientEvent>();
  network.add({
    name: "client",
    machine: client,
    sockets: new Map([[TransferClient.via, socket.local]]),
    uplink: new Link(link, rng.fork()),
    downlink: new Link(link, rng.fork()),
  });

  const outcome = Promise.withResolvers<ClientEvent>();
  const fail = (why: unknown) => outcome.reject(why);
  const driver = drive(network, {
    sockets: new Map([[formatEndpoint(socket.local), socket]]),
    clock: systemClock,
    onEvent: ({ event }: NetworkEvent<ClientEvent>) => outcome.resolve(event),
    onError: fail,
  });
  device.sha256.catch(fail);
  const cancelLimit = systemClock.setTimer(limit, () => fail(`not done after ${limit / 1000} s`));
  try {
    driver.command((machine, now) => machine.command(now, "client", () => client.start(now)));
    const event = await outcome.promise;
    if (!event.complete) throw new Error(`after ${event.bytes} bytes ${event.detail}`);
    if (event.sha256 !== await device.sha256) throw new Error("the SHA-256 differ");
    const { retransmissions, outOfOrder } = client.stats;
    return `${retransmissions} resent, ${outOfOrder} out of order`;
  } finally {
    cancelLimit();
    driver.close();
  }
}

function offsetsOf({ wrap = false, direction }: Cell): { client: number; device: number } {
  if (!wrap) return { client: 0, device: 0 };
  return direction === "download"
    ? { client: 2 ** 32 - SMALL_GAP, device: 2 ** 32 - LARGE_GAP }
    : { client: 2 ** 32 - LARGE_GAP, device: 2 ** 32 - SMALL_GAP };
}
