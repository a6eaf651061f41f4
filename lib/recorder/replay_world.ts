import { fromHex } from "../bytes/bytes.ts";
import { tryDecode } from "../bytes/try_decode.ts";
import { formatEndpoint, parseEndpoint } from "../endpoint.ts";
import type { UdpSocket, World } from "../io/types.ts";
import type { Duration, Endpoint, Instant } from "../machine.ts";
import type { Flight, FlightLine } from "./flight_recorder.ts";
import { bytesOf } from "./redactor.ts";

/** Bytes of one datagram; a line that claims more is a mistake. */
const MAX_DATAGRAM = 65_507;

/** Turns of promises after each thing that happens: what was awaited has been done by then. */
const TURNS = 12;

interface Timer {
  readonly at: Instant;
  readonly callback: () => void;
}

/** A datagram our code sent again. */
export interface ReplayedDatagram {
  readonly at: Instant;
  readonly to: string;
  readonly bytes: Uint8Array;
}

/**
 * A world in which a flight happens again: its time is the recorded one, its sockets hear what was
 * heard, its randomness comes out as it did. It touches nothing outside.
 */
export class ReplayWorld {
  readonly world: World;
  readonly sent: ReplayedDatagram[] = [];
  readonly #lines: readonly FlightLine[];
  readonly #entropy: Uint8Array[];
  readonly #sockets: ReplaySocket[] = [];
  readonly #ports: number[];
  readonly #timers = new Set<Timer>();
  readonly #firstSocket: number;
  #now: Instant;

  constructor(flight: Flight) {
    const { began } = flight;
    const start = flight.lines.findIndex(({ type, at }) => type === "socket" && at >= began);
    const lines = flight.lines.slice(Math.max(0, start));
    this.#lines = lines;
    this.#entropy = lines.flatMap((line) =>
      line.type === "entropy" ? [tryDecode(() => hexOf(line.hex)) ?? new Uint8Array(0)] : []
    );
    const sockets = lines.filter((line) => line.type === "socket");
    this.#ports = sockets.map(({ port }) => port);
    this.#firstSocket = sockets[0]?.socket ?? 1;
    this.#now = lines[0]?.at ?? flight.now;
    this.world = this.#worldOf(flight);
  }

  get now(): Instant {
    return this.#now;
  }

  /** When the last thing happened that was recorded. */
  get end(): Instant {
    return this.#lines.at(-1)?.at ?? this.#now;
  }

  /** Lets everything happen, and `after` pass behind it. Ends early once `isOver` says so. */
  async run(after: Duration, isOver: () => boolean): Promise<void> {
    const end = this.end + after;
    await settle();
    for (const line of this.#lines) {
      await this.#passUntil(line.at, isOver);
      if (isOver()) return;
      if (line.type !== "in") continue;
      this.#deliver(line);
      await settle();
    }
    await this.#passUntil(end, isOver);
  }

  async #passUntil(end: Instant, isOver: () => boolean): Promise<void> {
    for (let timer = this.#nextTimer(end); timer; timer = this.#nextTimer(end)) {
      this.#now = Math.max(this.#now, timer.at);
      this.#timers.delete(timer);
      timer.callback();
      await settle();
      if (isOver()) return;
    }
    this.#now = Math.max(this.#now, end);
  }

  #nextTimer(end: Instant): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }

  #deliver({ socket, remote, head, length }: Extract<FlightLine, { type: "in" | "out" }>): void {
    const from = tryDecode(() => parseEndpoint(remote));
    if (from === undefined) return;
    const kept = bytesOf(head);
    // Content was not kept; only how much of it there was.
    const whole = new Uint8Array(Math.min(MAX_DATAGRAM, Math.max(length, kept.byteLength)));
    whole.set(kept.subarray(0, whole.byteLength));
    this.#sockets[socket - this.#firstSocket]?.hear(from, whole);
  }

  #worldOf({ hosts, localAddresses, broadcastAddresses, wallClock, now }: Flight): World {
    const nothing = (what: string) => () => Promise.reject(new Error(`${what} is not replayed`));
    const find = (host: string) => {
      const found = hosts[host];
      return found === undefined || found.length === 0
        ? Promise.reject(new Error(`the recording has no address of ${host}`))
        : Promise.resolve(found);
    };
    return {
      clock: {
        now: () => this.#now,
        wallClock: () => wallClock - now + this.#now,
        setTimer: (delay, callback) => {
          const timer = { at: this.#now + Math.max(0, delay), callback };
          this.#timers.add(timer);
          return () => this.#timers.delete(timer);
        },
      },
      entropy: (length) => this.#takeEntropy(length),
      dialTcp: nothing("TCP"),
      listenTcp: nothing("TCP"),
      openUdp: () => Promise.resolve(this.#openSocket()),
      resolve: async (host) => (await find(host))[0] ?? "",
      resolveAll: find,
      localAddresses: () => localAddresses,
      broadcastAddresses: () => broadcastAddresses,
    };
  }

  /** What comes next of that length; where the recording has none, zeros. */
  #takeEntropy(length: number): Uint8Array {
    const at = this.#entropy.findIndex((bytes) => bytes.byteLength === length);
    if (at < 0) return new Uint8Array(length);
    return this.#entropy.splice(0, at + 1).at(-1) ?? new Uint8Array(length);
  }

  #openSocket(): UdpSocket {
    const port = this.#ports.shift() ?? 0;
    const socket = new ReplaySocket({ address: "0.0.0.0", port }, (to, bytes) => {
      this.sent.push({ at: this.#now, to: formatEndpoint(to), bytes: bytes.slice() });
    });
    this.#sockets.push(socket);
    return socket;
  }
}

class ReplaySocket implements UdpSocket {
  readonly local: Endpoint;
  readonly dropped = 0;
  readonly #onSend: (to: Endpoint, bytes: Uint8Array) => void;
  #handler: ((from: Endpoint, bytes: Uint8Array) => void) | undefined;
  #isClosed = false;

  constructor(local: Endpoint, onSend: (to: Endpoint, bytes: Uint8Array) => void) {
    this.local = local;
    this.#onSend = onSend;
  }

  receive(handler: (from: Endpoint, bytes: Uint8Array) => void): void {
    this.#handler = handler;
  }

  hear(from: Endpoint, bytes: Uint8Array): void {
    if (!this.#isClosed) this.#handler?.(from, bytes);
  }

  send(to: Endpoint, bytes: Uint8Array): void {
    if (!this.#isClosed) this.#onSend(to, bytes);
  }

  close(): void {
    this.#isClosed = true;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
}

/** Random bytes are few; longer ones are a mistake. */
function hexOf(hex: string): Uint8Array {
  return /^(?:[0-9a-f]{2}){0,4096}$/i.test(hex) ? fromHex(hex) : new Uint8Array(0);
}
