/**
 * What the world looks like to the rest of the program: types only.
 *
 * Rooms above the protocols (`rtsp`'s server glue, `sim`, `hub`) import these with `import type`;
 * the values behind them come from `lib/io` through `main.ts`, so tests can hand in their own.
 *
 * @module
 */

import type { Duration, Endpoint, Entropy, Instant } from "../machine.ts";

/** The time. `now` is monotonic; `wallClock` is the time of day. */
export interface Clock {
  now(): Instant;
  /** Milliseconds since 1970-01-01 UTC, as far as this machine knows. */
  wallClock(): number;
  /** Calls `callback` once after `delay`, unless the returned function is called before. */
  setTimer(delay: Duration, callback: () => void): () => void;
}

/** A bound UDP socket. */
export interface UdpSocket {
  readonly local: Endpoint;
  /**
   * Hands every datagram that arrives from now on to `handler`, never from inside `send()`. `bytes`
   * is borrowed for the call. What the handler throws is a bug of ours and ends the process.
   */
  receive(handler: (from: Endpoint, bytes: Uint8Array) => void): void;
  /**
   * Sends without waiting and never throws. Like the network itself, it may drop: see `dropped`.
   * `bytes` must not be written to any more.
   */
  send(to: Endpoint, bytes: Uint8Array): void;
  /** Datagrams given up on this side: unfit or too many to be sent, or too many to be handled. */
  readonly dropped: number;
  /** Receives and sends no more. What was sent already leaves if the system takes it at once. */
  close(): void;
}

/**
 * An open TCP connection. One reader and one writer at a time. It is over once both directions are
 * ended and read to the end, or after `abort()`; until then it holds a socket.
 */
export interface ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /**
   * The next bytes, or `undefined` at the end of the stream. While nobody reads, the peer is held
   * up by TCP's own flow control. The caller owns them. Rejects when the connection broke.
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Resolves once the operating system has taken all of it: `bytes` is borrowed until then, and a
   * peer that does not read holds up the writer. Rejects when the connection broke.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends what is written and the end of the stream; reading goes on. */
  end(): Promise<void>;
  /** Resets the connection at once, in both directions. Harmless when already closed. */
  abort(): void;
}

/** A listening TCP socket. */
export interface TcpListener {
  readonly local: Endpoint;
  /** Stops accepting. Connections already accepted live on. */
  close(): Promise<void>;
}

/** Opens a TCP connection. Rejects with an error that names the endpoint. */
export type DialTcp = (to: Endpoint, signal: AbortSignal) => Promise<ByteStream>;

/** Listens on `at`; port 0 takes any free one. Rejects with `ListenError` when it cannot be had. */
export type ListenTcp = (
  at: Endpoint,
  onStream: (stream: ByteStream) => void,
) => Promise<TcpListener>;

/** Opens a UDP socket on `at`; port 0 takes any free one. Rejects with `ListenError`. */
export type OpenUdp = (at: Endpoint) => Promise<UdpSocket>;

/** The world as one value, for rooms that need several of its parts. */
export interface World {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly dialTcp: DialTcp;
  readonly listenTcp: ListenTcp;
  readonly openUdp: OpenUdp;
  /** The IPv4 address of a host name. Rejects with an error that names it. */
  resolve(host: string, signal: AbortSignal): Promise<string>;
  /** All IPv4 addresses of a host name, one at least. Rejects with an error that names it. */
  resolveAll(host: string, signal: AbortSignal): Promise<readonly string[]>;
  /**
   * IPv4 addresses of this machine's own interfaces, loopback left out; first the one that leads to
   * the internet, where that can be told.
   */
  localAddresses(): readonly string[];
  /** Where everybody on the networks of this machine can be reached at once, each address once. */
  broadcastAddresses(): readonly string[];
}
