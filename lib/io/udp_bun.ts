import { setImmediate } from "node:timers";
import type { Endpoint } from "../machine.ts";
import type { UdpSocket } from "./types.ts";
import { DatagramQueue, SEND_BACKLOG_BYTES } from "./datagram_queue.ts";

/** What is used of the socket that `Bun.udpSocket()` resolves to. */
export interface BunSocket {
  readonly hostname: string;
  readonly port: number;
  /** `false` when the operating system has no room now; throws on any other failure. */
  send(bytes: Uint8Array, port: number, address: string): boolean;
  setBroadcast(enabled: boolean): unknown;
  close(): void;
}

/** What Bun calls. It ignores what `data` throws, or hands it to `error`. */
export interface BunHandlers {
  data(socket: BunSocket, bytes: Uint8Array, port: number, address: string): void;
  drain(socket: BunSocket): void;
  error(error: unknown): void;
}

interface BunOptions {
  readonly hostname: string;
  readonly port: number;
  readonly binaryType: "uint8array";
  readonly socket: BunHandlers;
}

interface BunRuntime {
  udpSocket(options: BunOptions): Promise<BunSocket>;
}

/**
 * Bun reads a socket until it is empty and lets no timer or other socket in before. So that a
 * flood cannot hold up the program, what comes after this many datagrams waits for the next turn
 * of the event loop.
 */
const DATAGRAMS_PER_TURN = 128;

/** What may wait for the next turn. Beyond it datagrams are dropped, as the kernel would. */
const RECEIVE_BACKLOG_BYTES = 1 << 20;

/** Rejects with what Bun throws when the port cannot be had. */
export function openUdpOnBun(at: Endpoint): Promise<UdpSocket> {
  const { Bun } = globalThis as unknown as { readonly Bun: BunRuntime };
  return BunUdpSocket.open((socket) =>
    Bun.udpSocket({ hostname: at.address, port: at.port, binaryType: "uint8array", socket })
  );
}

export class BunUdpSocket implements UdpSocket {
  readonly local: Endpoint;
  readonly #socket: BunSocket;
  readonly #unsent = new DatagramQueue(SEND_BACKLOG_BYTES);
  readonly #unhandled = new DatagramQueue(RECEIVE_BACKLOG_BYTES);
  #handler: ((from: Endpoint, bytes: Uint8Array) => void) | undefined;
  #handledThisTurn = 0;
  #dropped = 0;
  #closed = false;

  /** Binds through `bind`, which is given what the socket is to call. */
  static async open(bind: (handlers: BunHandlers) => Promise<BunSocket>): Promise<BunUdpSocket> {
    const opened: { udp?: BunUdpSocket } = {};
    const socket = await bind({
      data: (_socket, bytes, port, address) => opened.udp?.arrived({ address, port }, bytes),
      drain: () => opened.udp?.drained(),
      // Tells that an earlier datagram reached nobody. Peers that matter fall silent, too.
      error: () => {},
    });
    opened.udp = new BunUdpSocket(socket);
    return opened.udp;
  }

  private constructor(socket: BunSocket) {
    this.#socket = socket;
    this.local = { address: socket.hostname, port: socket.port };
    socket.setBroadcast(true); // as Deno does
  }

  get dropped(): number {
    return this.#dropped;
  }

  receive(handler: (from: Endpoint, bytes: Uint8Array) => void): void {
    this.#handler = handler;
  }

  send(to: Endpoint, bytes: Uint8Array): void {
    if (!this.#closed && this.#unsent.length === 0 && this.#trySend(to, bytes)) return;
    if (this.#closed || !this.#unsent.push({ peer: to, bytes })) this.#dropped++;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dropped += this.#unsent.length;
    this.#unsent.clear();
    this.#unhandled.clear();
    this.#socket.close();
  }

  /** Bun has read a datagram, which is ours to keep. */
  arrived(from: Endpoint, bytes: Uint8Array): void {
    if (this.#closed || this.#handler === undefined) return;
    if (this.#unhandled.length === 0 && this.#takeFromTurn()) return this.#handle(from, bytes);
    if (!this.#unhandled.push({ peer: from, bytes })) this.#dropped++;
  }

  /** The operating system has room again. */
  drained(): void {
    for (let next = this.#unsent.peek(); next !== undefined; next = this.#unsent.peek()) {
      if (!this.#trySend(next.peer, next.bytes)) return;
      this.#unsent.shift();
    }
  }

  /** `false` when there is no room now. A datagram that cannot be sent at all is dropped. */
  #trySend(to: Endpoint, bytes: Uint8Array): boolean {
    // An ICMP error caused by an earlier datagram is thrown at the next send, whoever that one is
    // for, and it is not sent. It is worth a second try then.
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        return this.#socket.send(bytes, to.port, to.address);
      } catch {
        continue;
      }
    }
    this.#dropped++;
    return true;
  }

  /** Whether one more datagram may be handled in this turn of the event loop. */
  #takeFromTurn(): boolean {
    if (this.#handledThisTurn === 0) setImmediate(() => this.#nextTurn());
    if (this.#handledThisTurn >= DATAGRAMS_PER_TURN) return false;
    this.#handledThisTurn++;
    return true;
  }

  #nextTurn(): void {
    this.#handledThisTurn = 0;
    while (this.#unhandled.length > 0 && this.#takeFromTurn()) {
      const next = this.#unhandled.shift();
      if (next !== undefined) this.#handle(next.peer, next.bytes);
    }
  }

  #handle(from: Endpoint, bytes: Uint8Array): void {
    try {
      this.#handler?.(from, bytes);
    } catch (error) {
      // Bun would hand it to `error`; it is a bug of ours and must surface.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
