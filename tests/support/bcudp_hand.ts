import type { Endpoint } from "../../lib/machine.ts";
import type { BcUdpConnection } from "../../lib/reolink/bcudp/connection.ts";
import type { BcUdpEvent, BcUdpOptions } from "../../lib/reolink/bcudp/connection_options.ts";
import {
  type AckDatagram,
  type BcUdpDatagram,
  decodeBcUdp,
  encodeBcUdp,
} from "../../lib/reolink/bcudp/datagram.ts";
import { CAMERA, CID, CLIENT, DID, newCamera, newClient } from "./bcudp_pair.ts";

/** A connection driven by hand: what goes in and what comes out, datagram by datagram. */
export class Hand {
  readonly connection: BcUdpConnection;
  readonly events: BcUdpEvent[] = [];
  readonly #ownId: number;
  readonly #from: Endpoint;
  now = 0;

  constructor(connection: BcUdpConnection, ownId: number, from: Endpoint) {
    this.connection = connection;
    this.#ownId = ownId;
    this.#from = from;
  }

  /** Takes everything that is to be sent. */
  drain(): BcUdpDatagram[] {
    const out: BcUdpDatagram[] = [];
    const { connection } = this;
    for (let bytes = connection.pollTransmit(); bytes; bytes = connection.pollTransmit()) {
      out.push(decodeBcUdp(bytes));
    }
    for (let event = connection.pollEvent(); event; event = connection.pollEvent()) {
      this.events.push(event);
    }
    return out;
  }

  /** Lets time pass, timer by timer. */
  wait(duration: number): BcUdpDatagram[] {
    const end = this.now + duration;
    const out: BcUdpDatagram[] = [];
    for (let at = this.#next(end); at !== undefined; at = this.#next(end)) {
      this.now = at;
      this.connection.handleTimeout(at);
      out.push(...this.drain());
    }
    this.now = end;
    return out;
  }

  data(packetId: number, payload = Uint8Array.of(packetId & 255), from = this.#from) {
    return this.#receive({ type: "data", connectionId: this.#ownId, packetId, payload }, from);
  }

  ack(packetId: number | undefined, bitmap: readonly number[] = [], from = this.#from) {
    return this.#receive({
      type: "ack",
      connectionId: this.#ownId,
      packetId,
      latency: 0,
      bitmap: Uint8Array.from(bitmap),
    }, from);
  }

  write(length: number): BcUdpDatagram[] {
    this.connection.write(this.now, new Uint8Array(length));
    return this.drain();
  }

  read(): number[] {
    const out: number[] = [];
    for (let bytes = this.connection.read(); bytes; bytes = this.connection.read()) {
      out.push(...bytes);
    }
    return out;
  }

  get end(): string | undefined {
    const last = this.events.at(-1);
    return last?.type === "closed" ? `${last.reason}: ${last.detail}` : undefined;
  }

  #receive(datagram: BcUdpDatagram, from: Endpoint): BcUdpDatagram[] {
    this.connection.handleDatagram(this.now, from, encodeBcUdp(datagram));
    return this.drain();
  }

  #next(end: number): number | undefined {
    const at = this.connection.pollTimeout();
    return at !== undefined && at <= end ? Math.max(at, this.now) : undefined;
  }
}

export function client(options: Partial<BcUdpOptions> = {}): Hand {
  return new Hand(newClient(0, options), CID, CAMERA);
}

export function camera(options: Partial<BcUdpOptions> = {}): Hand {
  return new Hand(newCamera(0, options), DID, CLIENT);
}

/** What acknowledgements say, e.g. `6:01101`; `-` is nothing yet. */
export function acks(datagrams: readonly BcUdpDatagram[]): string[] {
  return datagrams.filter((datagram): datagram is AckDatagram => datagram.type === "ack")
    .map(({ packetId, bitmap }) => `${packetId ?? "-"}:${Array.from(bitmap).join("")}`);
}

/** The ids of data datagrams. */
export function ids(datagrams: readonly BcUdpDatagram[]): number[] {
  return datagrams.flatMap((datagram) => datagram.type === "data" ? [datagram.packetId] : []);
}
