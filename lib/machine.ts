/**
 * The sans-I/O contract every protocol of this program is written to. Types only.
 *
 * A machine owns no socket, clock or source of randomness. The world hands it datagrams and the
 * present instant; it answers with datagrams to send, events to act on, and the next instant at
 * which it wants to be called. `lib/io/drive.ts` pumps machines with real sockets;
 * `lib/sim/network.ts` joins them with a simulated, seeded network and virtual time.
 *
 * The rule that keeps all of them honest: **one mutation, then drain**. After every call of
 * `handleDatagram`, `handleTimeout` or a command, take everything `pollTransmit` and `pollEvent`
 * have, and only then read `pollTimeout`.
 *
 * @module
 */

/** A point on a monotonic clock, in milliseconds. Its zero has no meaning. May be fractional. */
export type Instant = number;

/** A span of time in milliseconds. */
export type Duration = number;

/** An IPv4 address in dotted form and a UDP or TCP port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** A datagram a machine wants sent. */
export interface Transmit {
  /** Name of the local socket to send it on, as agreed when the machine was built. */
  readonly via: string;
  readonly to: Endpoint;
  /** Owned by the receiver of this value: a machine never writes to it again. */
  readonly bytes: Uint8Array;
}

/** Returns `length` random bytes. Handed to a machine, so that a run can be repeated exactly. */
export type Entropy = (length: number) => Uint8Array;

/**
 * Who ended something, and why, in one word. Supervisor, HTTP status and log tell reasons apart by
 * this word and never by parsing text.
 *
 * - `peer`: the other side said goodbye
 * - `local`: we did
 * - `timeout`: an answer or a sign of life did not come in time
 * - `auth`: credentials or authentication were refused
 * - `protocol`: the other side broke the protocol beyond repair
 * - `unreachable`: there is no such camera, or no way to it
 */
export type CloseReason = "peer" | "local" | "timeout" | "auth" | "protocol" | "unreachable";

/** A protocol state machine. `Event` is a discriminated union; the last event is `closed`. */
export interface Machine<Event> {
  /**
   * A datagram arrived on the local socket named `via`. `bytes` is borrowed for the call.
   * Never throws on what a peer sent.
   */
  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void;
  /** The promised instant has come. Calling early or twice is harmless. */
  handleTimeout(now: Instant): void;
  /** The next datagram to send, or `undefined` when there is none. */
  pollTransmit(): Transmit | undefined;
  /** The next event for the application, or `undefined` when there is none. */
  pollEvent(): Event | undefined;
  /** The next instant at which to call `handleTimeout`, or `undefined` for never. Read last. */
  pollTimeout(): Instant | undefined;
}
