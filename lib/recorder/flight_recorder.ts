import { toHex } from "../bytes/bytes.ts";
import { encodeBase64 } from "../bytes/base64.ts";
import { Reader } from "../bytes/reader.ts";
import { Writer } from "../bytes/writer.ts";
import { formatEndpoint, ipv4Bytes, ipv4Text, isIpv4 } from "../endpoint.ts";
import type { UdpSocket, World } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";
import { beginsMedia, headOf, streamHeadOf } from "./datagram_head.ts";
import { PackedRing } from "./packed_ring.ts";
import type { Gap } from "./sparse.ts";
import { type TappedDatagram, withTap } from "./tap.ts";
import { type TcpEvent, withTcpTap } from "./tcp_tap.ts";

/** How far back is remembered. */
export const FLIGHT_AGE = 120_000;

/** Of the latest; about four hundred segments a second for two minutes. */
export const MAX_FLIGHT_BYTES = 4 << 20;

/** Of the beginning of a session, without which nobody can tell how it came to be. */
export const MAX_BEGINNING_BYTES = 512 << 10;

/** Of everything, where everything is kept: what comes later is kept as heads. */
export const MAX_WHOLE_BYTES = 32 << 20;

/** The beginning lasts so long at most; what comes later is remembered as the latest only. */
const BEGINNING = 20_000;

const Kind = {
  ...{ event: 0, out: 1, in: 2, entropy: 3, socket: 4 },
  ...{ dial: 5, dialed: 6, undialed: 7, wrote: 8, read: 9, ended: 10 },
} as const;

/** Bytes of a stream in one record. */
const MAX_PIECE = 32_768;

/** What a flight is of. */
export interface FlightSubject {
  readonly vendor: "dahua" | "reolink";
  /** Without password. */
  readonly address: string;
  /** Whether there is a password. */
  readonly hasAccount: boolean;
  /** Bytes of the user name; 0 without one. Some messages are as long as it makes them. */
  readonly userLength: number;
}

/** One line of a flight. Times are milliseconds on the clock of the world. */
export type FlightLine =
  | {
    readonly type: "out" | "in";
    readonly at: number;
    readonly socket: number;
    readonly remote: string;
    readonly length: number;
    /** Base64 of the head. */
    readonly head: string;
    /** Zeros left out of it. */
    readonly gaps?: readonly Gap[];
  }
  /** A TCP connection is dialed; what comes of it: that it is had, or not. */
  | { readonly type: "dial"; readonly at: number; readonly stream: number; readonly remote: string }
  | { readonly type: "dialed"; readonly at: number; readonly stream: number; readonly port: number }
  | {
    readonly type: "undialed";
    readonly at: number;
    readonly stream: number;
    readonly detail: string;
  }
  /** `detail` is empty where the other side just ended it. */
  | {
    readonly type: "ended";
    readonly at: number;
    readonly stream: number;
    readonly detail: string;
  }
  /** Bytes of it, as `in` and `out`. */
  | {
    readonly type: "read" | "wrote";
    readonly at: number;
    readonly stream: number;
    readonly length: number;
    readonly head: string;
    readonly gaps?: readonly Gap[];
  }
  | { readonly type: "entropy"; readonly at: number; readonly hex: string }
  | { readonly type: "socket"; readonly at: number; readonly socket: number; readonly port: number }
  | { readonly type: "event"; readonly at: number; readonly event: unknown };

/** What was recorded, as it was: it is for memory only until everything in it is replaced. */
export interface Flight {
  readonly subject: FlightSubject;
  /** When it was taken, and the time of day then. */
  readonly now: number;
  readonly wallClock: number;
  /** When the latest connection began. */
  readonly began: number;
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** Names that could not be resolved, and why. */
  readonly unresolved: Readonly<Record<string, string>>;
  /** Content of streams was kept. */
  readonly isWhole: boolean;
  readonly localAddresses: readonly string[];
  readonly broadcastAddresses: readonly string[];
  readonly lines: readonly FlightLine[];
}

/** One more record must always fit: the ring would else forget the first ones. */
const RESERVE = 65_536;

/** Hosts whose addresses are remembered. */
const MAX_HOSTS = 32;

/**
 * Remembers the last two minutes of one camera's connections, and the beginning of the latest one:
 * heads of datagrams, logins, randomness, events. Or else everything from the beginning on, which is
 * for the minute an examination takes.
 */
export class FlightRecorder {
  /** The world for this camera, listened to. */
  readonly world: World;
  readonly #subject: FlightSubject;
  readonly #world: World;
  readonly #latest = new PackedRing(MAX_FLIGHT_BYTES, FLIGHT_AGE);
  readonly #beginning: PackedRing;
  readonly #keeps: "heads" | "everything";
  readonly #hosts = new Map<string, readonly string[]>();
  readonly #unresolved = new Map<string, string>();
  /** Sockets and streams that carry pictures by now. */
  readonly #media = new Set<string>();
  #localAddresses: readonly string[] = [];
  #broadcastAddresses: readonly string[] = [];
  #began = -Infinity;
  #openSockets = 0;
  #sockets = 0;

  constructor(subject: FlightSubject, world: World, keeps: "heads" | "everything" = "heads") {
    this.#subject = subject;
    this.#world = world;
    this.#keeps = keeps;
    const isWhole = keeps === "everything";
    this.#beginning = new PackedRing(isWhole ? MAX_WHOLE_BYTES : MAX_BEGINNING_BYTES, Infinity);
    if (isWhole) this.#began = world.clock.now();
    const tapped = withTap(world, (datagram) => this.#record(datagram));
    this.world = this.#listenTo(withTcpTap(tapped, (stream, event) => this.#hear(stream, event)));
  }

  /** Memory taken by what is remembered. */
  get byteLength(): number {
    return this.#latest.byteLength + this.#beginning.byteLength;
  }

  /** Remembers an event; it becomes JSON. */
  note(event: object): void {
    this.#push(Kind.event, 0, toUtf8(JSON.stringify(event)));
  }

  /** What is remembered now. */
  take(): Flight {
    const { clock } = this.#world;
    const latest = [...this.#latest.records()];
    const records = [
      ...latest.filter(({ at }) => at < this.#began),
      ...this.#beginning.records(),
      ...latest.filter(({ at }) => at >= this.#began),
    ];
    return {
      subject: this.#subject,
      now: clock.now(),
      wallClock: clock.wallClock(),
      began: Math.max(0, this.#began),
      hosts: Object.fromEntries(this.#hosts),
      unresolved: Object.fromEntries(this.#unresolved),
      isWhole: this.#keeps === "everything",
      localAddresses: this.#localAddresses,
      broadcastAddresses: this.#broadcastAddresses,
      lines: records.map(lineOf),
    };
  }

  #listenTo(tapped: World): World {
    return {
      ...tapped,
      entropy: (length) => {
        const bytes = this.#world.entropy(length);
        this.#push(Kind.entropy, 0, bytes);
        return bytes;
      },
      openUdp: async (at) => {
        this.#open();
        try {
          const socket = await tapped.openUdp(at);
          this.#sockets = (this.#sockets + 1) & 0xffff;
          this.#push(Kind.socket, this.#sockets, new Writer(2).u16(socket.local.port).finish());
          return this.#closing(socket, `udp ${this.#sockets}`);
        } catch (error) {
          this.#openSockets -= 1;
          throw error;
        }
      },
      resolve: (host, signal) => this.#learn(host, this.#world.resolve(host, signal)),
      resolveAll: (host, signal) => this.#learn(host, this.#world.resolveAll(host, signal)),
      localAddresses: () => this.#localAddresses = this.#world.localAddresses(),
      broadcastAddresses: () => this.#broadcastAddresses = this.#world.broadcastAddresses(),
    };
  }

  /** Where nothing was open, another session begins: the beginning of the one before is forgotten. */
  #open(): void {
    if (this.#openSockets === 0 && this.#keeps === "heads") {
      this.#beginning.clear();
      this.#media.clear();
      this.#began = this.#world.clock.now();
    }
    this.#openSockets += 1;
  }

  #closing(socket: UdpSocket, key: string): UdpSocket {
    let isOpen = true;
    return {
      local: socket.local,
      get dropped() {
        return socket.dropped;
      },
      receive: (handler) => socket.receive(handler),
      send: (to, bytes) => socket.send(to, bytes),
      close: () => {
        if (isOpen) this.#openSockets -= 1;
        isOpen = false;
        this.#media.delete(key);
        socket.close();
      },
    };
  }

  async #learn<Found extends string | readonly string[]>(
    host: string,
    finding: Promise<Found>,
  ): Promise<Found> {
    const isKnown = this.#hosts.has(host) || this.#unresolved.has(host);
    const isFull = !isKnown && this.#hosts.size + this.#unresolved.size >= MAX_HOSTS;
    try {
      const found = await finding;
      if (!isFull) this.#hosts.set(host, typeof found === "string" ? [found] : found);
      return found;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (!isFull) this.#unresolved.set(host, detail);
      throw error;
    }
  }

  /** The tap counts sockets from 1 as we do. */
  #record({ direction, socket, remote, bytes }: TappedDatagram): void {
    if (!isIpv4(remote.address)) return;
    const head = this.#hasRoom ? bytes : this.#headOf(`udp ${socket}`, bytes, headOf);
    const payload = new Writer(10 + head.byteLength).bytes(ipv4Bytes(remote.address))
      .u16(remote.port).u32(bytes.byteLength).bytes(head).finish();
    this.#push(direction === "out" ? Kind.out : Kind.in, socket & 0xffff, payload);
  }

  #hear(stream: number, event: TcpEvent): void {
    const id = stream & 0xffff;
    switch (event.type) {
      case "dial":
        this.#open();
        return this.#push(Kind.dial, id, toUtf8(formatEndpoint(event.remote)));
      case "dialed":
        return this.#push(Kind.dialed, id, new Writer(2).u16(event.local.port).finish());
      case "undialed":
        this.#openSockets -= 1;
        return this.#push(Kind.undialed, id, toUtf8(event.detail));
      case "data":
        return this.#keepPieces(id, event.direction, event.bytes);
      case "end":
        if (event.direction === "in") this.#push(Kind.ended, id, toUtf8(""));
        return;
      case "broken":
        if (event.detail !== "") this.#push(Kind.ended, id, toUtf8(event.detail));
        return;
      case "closed":
        this.#openSockets -= 1;
        this.#media.delete(`tcp ${stream}`);
    }
  }

  #keepPieces(stream: number, direction: "in" | "out", bytes: Uint8Array): void {
    const kind = direction === "out" ? Kind.wrote : Kind.read;
    for (let at = 0; at < bytes.byteLength; at += MAX_PIECE) {
      const piece = bytes.subarray(at, at + MAX_PIECE);
      const head = this.#hasRoom ? piece : this.#headOf(`tcp ${stream}`, piece, streamHeadOf);
      const payload = new Writer(4 + head.byteLength).u32(piece.byteLength).bytes(head).finish();
      this.#push(kind, stream, payload);
    }
  }

  /** Whether content is kept, too. */
  get #hasRoom(): boolean {
    return this.#keeps === "everything" &&
      this.#beginning.byteLength <= MAX_WHOLE_BYTES - RESERVE;
  }

  /** Logins are kept, and nothing once pictures come. */
  #headOf(key: string, bytes: Uint8Array, cut: typeof headOf): Uint8Array {
    if (beginsMedia(bytes)) this.#media.add(key);
    return cut(bytes, !this.#media.has(key));
  }

  #push(kind: number, socket: number, payload: Uint8Array): void {
    const at = this.#world.clock.now();
    const isBeginning = this.#keeps === "everything"
      ? this.#hasRoom
      : at - this.#began < BEGINNING &&
        this.#beginning.byteLength <= MAX_BEGINNING_BYTES - RESERVE;
    (isBeginning ? this.#beginning : this.#latest).push({ at, kind, socket, payload });
  }
}

function lineOf(record: {
  readonly at: number;
  readonly kind: number;
  readonly socket: number;
  readonly payload: Uint8Array;
}): FlightLine {
  const { at, kind, socket, payload } = record;
  switch (kind) {
    case Kind.entropy:
      return { type: "entropy", at, hex: toHex(payload) };
    case Kind.socket:
      return { type: "socket", at, socket, port: new Reader(payload, "record").u16() };
    case Kind.out:
    case Kind.in: {
      const reader = new Reader(payload, "record");
      const remote: Endpoint = { address: ipv4Text(reader.take(4)), port: reader.u16() };
      const length = reader.u32();
      const head = encodeBase64(reader.rest());
      const type = kind === Kind.out ? "out" : "in";
      return { type, at, socket, remote: formatEndpoint(remote), length, head };
    }
    case Kind.dial:
      return { type: "dial", at, stream: socket, remote: fromUtf8(payload) };
    case Kind.dialed:
      return { type: "dialed", at, stream: socket, port: new Reader(payload, "record").u16() };
    case Kind.undialed:
      return { type: "undialed", at, stream: socket, detail: fromUtf8(payload) };
    case Kind.ended:
      return { type: "ended", at, stream: socket, detail: fromUtf8(payload) };
    case Kind.read:
    case Kind.wrote: {
      const reader = new Reader(payload, "record");
      const length = reader.u32();
      const head = encodeBase64(reader.rest());
      return { type: kind === Kind.read ? "read" : "wrote", at, stream: socket, length, head };
    }
    default:
      return { type: "event", at, event: JSON.parse(fromUtf8(payload)) };
  }
}

function toUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function fromUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
