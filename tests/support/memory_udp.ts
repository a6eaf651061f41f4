import { formatEndpoint } from "../../lib/endpoint.ts";
import type { OpenUdp, UdpSocket } from "../../lib/io/types.ts";
import type { Endpoint } from "../../lib/machine.ts";

/** A network in memory: what is sent arrives at once, or nowhere. */
export class MemoryUdp {
  readonly #sockets = new Map<string, MemoryUdpSocket>();
  /** Given out to those that ask for any port; then numbers from 40,000 on. */
  freePorts: number[] = [];
  #next = 40_000;
  /** Datagrams sent to where nobody is. */
  lost = 0;

  get open(): number {
    return this.#sockets.size;
  }

  readonly openUdp: OpenUdp = ({ address, port }) => {
    const local = { address, port: port === 0 ? this.freePorts.shift() ?? this.#next++ : port };
    if (this.#sockets.has(formatEndpoint(local))) {
      return Promise.reject(new Error(`Cannot listen on ${formatEndpoint(local)}`));
    }
    return Promise.resolve(this.bind(local));
  };

  bind(local: Endpoint): MemoryUdpSocket {
    const socket = new MemoryUdpSocket(local, {
      send: (to, bytes) => this.#deliver(local, to, bytes),
      close: () => this.#sockets.delete(formatEndpoint(local)),
    });
    this.#sockets.set(formatEndpoint(local), socket);
    return socket;
  }

  #deliver(from: Endpoint, to: Endpoint, bytes: Uint8Array): void {
    const socket = this.#sockets.get(formatEndpoint(to));
    if (socket === undefined) this.lost++;
    else socket.arrive(from, bytes.slice());
  }
}

export class MemoryUdpSocket implements UdpSocket {
  readonly local: Endpoint;
  readonly dropped = 0;
  /** Everything that arrived while nobody took it by `receive`. */
  readonly received: { readonly from: Endpoint; readonly bytes: Uint8Array }[] = [];
  readonly #wire: { send(to: Endpoint, bytes: Uint8Array): void; close(): void };
  #handler: ((from: Endpoint, bytes: Uint8Array) => void) | undefined;

  constructor(
    local: Endpoint,
    wire: { send(to: Endpoint, bytes: Uint8Array): void; close(): void },
  ) {
    this.local = local;
    this.#wire = wire;
  }

  receive(handler: (from: Endpoint, bytes: Uint8Array) => void): void {
    this.#handler = handler;
  }

  send(to: Endpoint, bytes: Uint8Array): void {
    this.#wire.send(to, bytes);
  }

  close(): void {
    this.#wire.close();
  }

  arrive(from: Endpoint, bytes: Uint8Array): void {
    if (this.#handler === undefined) this.received.push({ from, bytes });
    else this.#handler(from, bytes);
  }
}
