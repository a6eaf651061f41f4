import { formatEndpoint } from "../../lib/endpoint.ts";
import type { UdpSocket, World } from "../../lib/io/types.ts";
import type { Endpoint, Entropy, Instant, Machine, Transmit } from "../../lib/machine.ts";
import { earliest } from "../../lib/timers.ts";

interface Timer {
  readonly at: Instant;
  readonly callback: () => void;
}

interface Socket {
  readonly via: string;
  readonly local: Endpoint;
  handler: ((from: Endpoint, bytes: Uint8Array) => void) | undefined;
  open: boolean;
}

export interface SimHostOptions {
  /** The endpoints its sockets may have, taken in turn. */
  readonly endpoints: readonly Endpoint[];
  readonly entropy: Entropy;
  /** Time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
}

/**
 * A computer in a simulated network, on which code runs that wants sockets and a clock: what such
 * code does is real, the network and the time are not. It has UDP only.
 */
export class SimHost implements Machine<never> {
  /** What the code is given. */
  readonly world: World;
  readonly sockets: ReadonlyMap<string, Endpoint>;
  /** This computer's own addresses. */
  addresses: readonly string[] = ["127.9.0.1"];
  readonly #free: Socket[];
  readonly #byName: ReadonlyMap<string, Socket>;
  readonly #timers = new Set<Timer>();
  readonly #out: Transmit[] = [];
  #now: Instant = 0;

  constructor({ endpoints, entropy, epoch }: SimHostOptions) {
    this.#free = endpoints.map((local) => {
      return { via: formatEndpoint(local), local, handler: undefined, open: false };
    });
    this.#byName = new Map(this.#free.map((socket) => [socket.via, socket]));
    this.sockets = new Map(this.#free.map(({ via, local }) => [via, local]));
    this.world = {
      clock: {
        now: () => this.#now,
        wallClock: () => epoch + this.#now,
        setTimer: (delay, callback) => this.#setTimer(delay, callback),
      },
      entropy,
      openUdp: () => this.#openUdp(),
      dialTcp: () => Promise.reject(new Error("Cannot dial as a simulated host has UDP only")),
      listenTcp: () => Promise.reject(new Error("Cannot listen as a simulated host has UDP only")),
      resolve: (host) => Promise.resolve(host),
      resolveAll: (host) => Promise.resolve([host]),
      localAddresses: () => this.addresses,
      broadcastAddresses: () => [],
    };
  }

  /** Timers set and neither fired nor called off. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Sockets open now. */
  get openSockets(): number {
    return [...this.#byName.values()].filter(({ open }) => open).length;
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    this.#now = now;
    const socket = this.#byName.get(via);
    if (socket?.open) socket.handler?.(from, bytes);
  }

  handleTimeout(now: Instant): void {
    this.#now = now;
    for (const timer of [...this.#timers]) {
      if (timer.at > now || !this.#timers.delete(timer)) continue;
      timer.callback();
    }
  }

  pollTransmit(): Transmit | undefined {
    return this.#out.shift();
  }

  pollEvent(): undefined {
    return undefined;
  }

  pollTimeout(): Instant | undefined {
    return earliest(...Array.from(this.#timers, ({ at }) => at));
  }

  #setTimer(delay: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delay), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #openUdp(): Promise<UdpSocket> {
    const socket = this.#free.shift();
    if (socket === undefined) return Promise.reject(new Error("Cannot open one more socket"));
    socket.open = true;
    return Promise.resolve({
      local: socket.local,
      dropped: 0,
      receive: (handler) => socket.handler = handler,
      send: (to, bytes) => {
        if (socket.open) this.#out.push({ via: socket.via, to, bytes });
      },
      close: () => {
        if (socket.open) this.#free.push(socket);
        socket.open = false;
      },
    });
  }
}
