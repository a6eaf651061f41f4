import type { Endpoint } from "../machine.ts";
import type { UdpSocket } from "./types.ts";
import { isIpv4 } from "../endpoint.ts";
import { DatagramQueue, SEND_BACKLOG_BYTES } from "./datagram_queue.ts";
import { isPort } from "./errors.ts";

/** What is used of a `Deno.DatagramConn`. */
export type DatagramConn = Pick<Deno.DatagramConn, "addr" | "receive" | "send" | "close">;

/** The largest payload IPv4 and UDP can carry is 65,507 bytes. */
const RECEIVE_BUFFER_BYTES = 65_536;

/** How long to rest after a failed receive, so that one that always fails does not spin. */
const RECEIVE_PAUSE_MS = 1;

/** Throws what Deno throws when the port cannot be had. */
export function openUdpOnDeno(at: Endpoint): UdpSocket {
  const conn = Deno.listenDatagram({ transport: "udp", hostname: at.address, port: at.port });
  return new DenoUdpSocket(conn);
}

export class DenoUdpSocket implements UdpSocket {
  readonly local: Endpoint;
  readonly #conn: DatagramConn;
  readonly #backlog = new DatagramQueue(SEND_BACKLOG_BYTES);
  #handler: ((from: Endpoint, bytes: Uint8Array) => void) | undefined;
  #sending = false;
  #dropped = 0;
  #closed = false;

  constructor(conn: DatagramConn) {
    this.#conn = conn;
    this.local = endpointOf(conn.addr);
  }

  get dropped(): number {
    return this.#dropped;
  }

  receive(handler: (from: Endpoint, bytes: Uint8Array) => void): void {
    const running = this.#handler !== undefined;
    this.#handler = handler;
    // Left floating on purpose: it rejects only with what a handler threw, and that must surface.
    if (!running) void this.#receiveAll();
  }

  send(to: Endpoint, bytes: Uint8Array): void {
    // Deno would take a host name and ask the resolver, and would wrap a large port around.
    const sendable = !this.#closed && isIpv4(to.address) && isPort(to.port);
    if (!sendable || !this.#backlog.push({ peer: to, bytes })) {
      this.#dropped++;
      return;
    }
    if (!this.#sending) void this.#sendAll();
  }

  /** What was sent before still leaves: a farewell is often followed by `close()` at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#sending) this.#conn.close();
  }

  /** One at a time: sends that wait for the socket side by side are carried out in any order. */
  async #sendAll(): Promise<void> {
    this.#sending = true;
    for (let next = this.#backlog.shift(); next !== undefined; next = this.#backlog.shift()) {
      try {
        await this.#conn.send(next.bytes, addrOf(next.peer));
      } catch {
        this.#dropped++;
      }
    }
    this.#sending = false;
    if (this.#closed) this.#conn.close();
  }

  async #receiveAll(): Promise<void> {
    // Without a buffer Deno allocates 64 KiB for every datagram, at half the speed.
    const buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
    while (!this.#closed) {
      const received = await this.#receiveOne(buffer);
      if (received === undefined || this.#closed) continue;
      this.#handler?.(endpointOf(received[1]), received[0]);
    }
  }

  /** `undefined` after an error, e.g. one that tells of an earlier datagram nobody received. */
  async #receiveOne(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr] | undefined> {
    try {
      return await this.#conn.receive(buffer);
    } catch {
      if (!this.#closed) await new Promise((resolve) => setTimeout(resolve, RECEIVE_PAUSE_MS));
      return undefined;
    }
  }
}

function addrOf(endpoint: Endpoint): Deno.NetAddr {
  return { transport: "udp", hostname: endpoint.address, port: endpoint.port };
}

function endpointOf(addr: Deno.Addr): Endpoint {
  if (addr.transport !== "udp") throw new TypeError(`Expected a UDP address: ${addr.transport}`);
  return { address: addr.hostname, port: addr.port };
}
