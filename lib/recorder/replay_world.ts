import { fromHex } from "../bytes/bytes.ts";
import { tryDecode } from "../bytes/try_decode.ts";
import { formatEndpoint, parseEndpoint } from "../endpoint.ts";
import type { ByteStream, UdpSocket, World } from "../io/types.ts";
import type { Duration, Endpoint, Instant } from "../machine.ts";
import type { Flight, FlightLine } from "./flight_recorder.ts";
import { ReplayStream } from "./replay_stream.ts";
import { fromSparse } from "./sparse.ts";

/** Bytes of one datagram, or of one piece of a stream; a line that claims more is a mistake. */
const MAX_DATAGRAM = 65_507;

/**
 * Time always passes, in ms: where an instant cannot be hit exactly, as numbers round, a timer would
 * else be set for it again and again.
 */
const MIN_DELAY = 0.01;

/** Turns of promises after each thing that happens: what was awaited has been done by then. */
const TURNS = 64;

interface Timer {
  readonly at: Instant;
  readonly callback: () => void;
}

/** Something that was had at some time then, and is had no sooner now. */
interface Awaited {
  readonly line: FlightLine;
  readonly settle: () => void;
}

type Line<Type extends FlightLine["type"]> = Extract<FlightLine, { readonly type: Type }>;
type DialLine = Line<"dialed" | "undialed">;

/** A datagram, or a piece of a stream, our code sent again. */
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
  readonly #streams = new Map<number, ReplayStream>();
  /** Sockets and connections that were not asked for yet, in their order. */
  readonly #socketLines: Line<"socket">[];
  readonly #dialLines: Line<"dial">[];
  readonly #awaited: Awaited[] = [];
  /** What could be awaited, and has come to pass. */
  readonly #reached = new Set<FlightLine>();
  readonly #timers = new Set<Timer>();
  readonly #firstSocket: number;
  #position = 0;
  /** Random bytes that had to be made up. */
  #made = 0;
  #now: Instant;

  constructor(flight: Flight) {
    const lines = linesFrom(flight);
    this.#lines = lines;
    this.#entropy = lines.flatMap((line) =>
      line.type === "entropy" ? [tryDecode(() => hexOf(line.hex)) ?? new Uint8Array(0)] : []
    );
    this.#socketLines = lines.filter((line) => line.type === "socket");
    this.#dialLines = lines.filter((line) => line.type === "dial");
    this.#firstSocket = this.#socketLines[0]?.socket ?? 1;
    this.#now = flight.isWhole ? flight.began : lines[0]?.at ?? flight.now;
    this.world = this.#worldOf(flight);
  }

  get now(): Instant {
    return this.#now;
  }

  /** When the last thing happened that was recorded. */
  get end(): Instant {
    return this.#lines.at(-1)?.at ?? this.#now;
  }

  /**
   * Lets everything happen that has not yet, and `after` pass behind it. Ends early once `isOver` says
   * so.
   */
  async run(after: Duration, isOver: () => boolean): Promise<void> {
    const end = Math.max(this.#now, this.end) + after;
    await settle();
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      await this.#passUntil(line.at, isOver);
      if (isOver()) return;
      if (this.#replay(line)) await settle();
    }
    await this.#passUntil(end, isOver);
  }

  #next(): FlightLine | undefined {
    this.#position += 1;
    return this.#lines[this.#position - 1];
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

  /** Returns whether it concerns our code: what that did itself it does again by itself. */
  #replay(line: FlightLine): boolean {
    switch (line.type) {
      case "in":
        this.#deliver(line);
        return true;
      case "read":
        this.#streams.get(line.stream)?.hear(wholeOf(line));
        return true;
      case "ended":
        this.#streams.get(line.stream)?.finish(line.detail);
        return true;
      case "socket":
      case "dialed":
      case "undialed": {
        this.#reached.add(line);
        const at = this.#awaited.findIndex((one) => one.line === line);
        if (at >= 0) this.#awaited.splice(at, 1)[0]?.settle();
        return at >= 0;
      }
      default:
        return false;
    }
  }

  #deliver(line: Line<"in" | "out">): void {
    const from = tryDecode(() => parseEndpoint(line.remote));
    if (from === undefined) return;
    this.#sockets[line.socket - this.#firstSocket]?.hear(from, wholeOf(line));
  }

  #worldOf(flight: Flight): World {
    const { hosts, unresolved, localAddresses, broadcastAddresses, wallClock, now } = flight;
    const find = (host: string) => {
      const found = hosts[host];
      const why = unresolved[host] ?? `the recording has no address of ${host}`;
      return found === undefined || found.length === 0
        ? Promise.reject(new Error(why))
        : Promise.resolve(found);
    };
    return {
      clock: {
        now: () => this.#now,
        wallClock: () => wallClock - now + this.#now,
        setTimer: (delay, callback) => {
          const timer = { at: this.#now + Math.max(MIN_DELAY, delay), callback };
          this.#timers.add(timer);
          return () => this.#timers.delete(timer);
        },
      },
      entropy: (length) => this.#takeEntropy(length),
      dialTcp: (remote, signal) => this.#dial(remote, signal),
      listenTcp: () => Promise.reject(new Error("listening is not replayed")),
      openUdp: () => this.#openSocket(),
      resolve: async (host) => (await find(host))[0] ?? "",
      resolveAll: find,
      localAddresses: () => localAddresses,
      broadcastAddresses: () => broadcastAddresses,
    };
  }

  /**
   * What comes next of that length. Where the recording has none any more, numbers, each another one:
   * whoever wants what is not taken yet asks until it is.
   */
  #takeEntropy(length: number): Uint8Array {
    const at = this.#entropy.findIndex((bytes) => bytes.byteLength === length);
    const [recorded] = at < 0 ? [] : this.#entropy.splice(at, 1);
    if (recorded !== undefined) return recorded;
    this.#made += 1;
    return Uint8Array.from({ length }, (_, i) => this.#made >>> 8 * (i % 4));
  }

  async #openSocket(): Promise<UdpSocket> {
    const line = this.#socketLines.shift();
    const socket = new ReplaySocket({ address: "0.0.0.0", port: line?.port ?? 0 }, (to, bytes) => {
      this.#note(to, bytes);
    });
    this.#sockets.push(socket);
    await this.#reach(line);
    return socket;
  }

  async #dial(remote: Endpoint, signal: AbortSignal): Promise<ByteStream> {
    const dialed = this.#dialLines.shift();
    const outcome = this.#lines.find((line): line is DialLine =>
      (line.type === "dialed" || line.type === "undialed") && line.stream === dialed?.stream
    );
    const aborted = new Promise<never>((_, reject) => {
      const stop = () => reject(new Error("called off"));
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
    });
    // A connection nothing came of hangs until it is called off.
    const had = outcome === undefined ? new Promise<never>(() => {}) : this.#reach(outcome);
    await Promise.race([had, aborted]);
    if (outcome === undefined || outcome.type === "undialed") throw new Error(outcome?.detail);
    const local = { address: "0.0.0.0", port: outcome.port };
    const stream = new ReplayStream(local, remote, (bytes) => this.#note(remote, bytes));
    this.#streams.set(outcome.stream, stream);
    return stream;
  }

  /** Our code may be faster than it was; it must not be ahead of what happens. */
  #reach(line: FlightLine | undefined): Promise<void> {
    if (line === undefined || this.#reached.has(line)) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.push({ line, settle: resolve }));
  }

  #note(to: Endpoint, bytes: Uint8Array): void {
    this.sent.push({ at: this.#now, to: formatEndpoint(to), bytes: bytes.slice() });
  }
}

/** From the beginning of the connection on; of an examination, everything. */
function linesFrom({ isWhole, began, lines }: Flight): readonly FlightLine[] {
  if (isWhole) return lines;
  const start = lines.findIndex(({ type, at }) =>
    (type === "socket" || type === "dial") && at >= began
  );
  return lines.slice(Math.max(0, start));
}

/** Content that was not kept is zeros: only how much of it there was is known. */
function wholeOf(line: Line<"in" | "out" | "read" | "wrote">): Uint8Array {
  const kept = fromSparse(line, MAX_DATAGRAM);
  const whole = new Uint8Array(Math.min(MAX_DATAGRAM, Math.max(line.length, kept.byteLength)));
  whole.set(kept);
  return whole;
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
