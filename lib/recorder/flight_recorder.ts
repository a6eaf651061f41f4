import { toHex } from "../bytes/bytes.ts";
import { encodeBase64 } from "../bytes/base64.ts";
import { Reader } from "../bytes/reader.ts";
import { Writer } from "../bytes/writer.ts";
import { isSignalingDatagram } from "../dahua/signaling/message.ts";
import { formatEndpoint, ipv4Bytes, ipv4Text, isIpv4 } from "../endpoint.ts";
import type { UdpSocket, World } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";
import { headOf } from "./datagram_head.ts";
import { Masker } from "./masking/masker.ts";
import { PackedRing } from "./packed_ring.ts";
import { type TappedDatagram, withTap } from "./tap.ts";

/** How far back is remembered. */
export const FLIGHT_AGE = 120_000;

/** Of the latest; about four hundred segments a second for two minutes. */
export const MAX_FLIGHT_BYTES = 4 << 20;

/** Of the beginning of a session, without which nobody can tell how it came to be. */
export const MAX_BEGINNING_BYTES = 512 << 10;

/** The beginning lasts so long at most; what comes later is remembered as the latest only. */
const BEGINNING = 20_000;

const Kind = { event: 0, out: 1, in: 2, entropy: 3, socket: 4 } as const;

/** What a flight is of. */
export interface FlightSubject {
  readonly vendor: "dahua" | "reolink";
  /** Without password. */
  readonly address: string;
  readonly hasAccount: boolean;
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
  }
  | { readonly type: "entropy"; readonly at: number; readonly hex: string }
  | { readonly type: "socket"; readonly at: number; readonly socket: number; readonly port: number }
  | { readonly type: "event"; readonly at: number; readonly event: unknown };

/** What was recorded, before anything in it is replaced but credentials. */
export interface Flight {
  readonly subject: FlightSubject;
  /** When it was taken, and the time of day then. */
  readonly now: number;
  readonly wallClock: number;
  /** When the latest connection began. */
  readonly began: number;
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  readonly localAddresses: readonly string[];
  readonly broadcastAddresses: readonly string[];
  readonly lines: readonly FlightLine[];
}

/** Hosts whose addresses are remembered. */
const MAX_HOSTS = 32;

/**
 * Remembers the last two minutes of one camera's connections, and the beginning of the latest one:
 * heads of datagrams without credentials, randomness, events.
 */
export class FlightRecorder {
  /** The world for this camera, listened to. */
  readonly world: World;
  readonly #subject: FlightSubject;
  readonly #world: World;
  readonly #latest = new PackedRing(MAX_FLIGHT_BYTES, FLIGHT_AGE);
  readonly #beginning = new PackedRing(MAX_BEGINNING_BYTES, Infinity);
  readonly #masker = new Masker();
  readonly #hosts = new Map<string, readonly string[]>();
  #localAddresses: readonly string[] = [];
  #broadcastAddresses: readonly string[] = [];
  #began = -Infinity;
  #openSockets = 0;
  #sockets = 0;

  constructor(subject: FlightSubject, world: World) {
    this.#subject = subject;
    this.#world = world;
    this.world = this.#listenTo(withTap(world, (datagram) => this.#record(datagram)));
  }

  /** Memory taken by what is remembered. */
  get byteLength(): number {
    return this.#latest.byteLength + this.#beginning.byteLength;
  }

  /** Remembers an event; it becomes JSON. */
  note(event: object): void {
    this.#push(Kind.event, 0, new TextEncoder().encode(JSON.stringify(event)));
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
        if (this.#openSockets === 0) this.#begin();
        this.#openSockets += 1;
        try {
          const socket = await tapped.openUdp(at);
          this.#sockets = (this.#sockets + 1) & 0xffff;
          this.#push(Kind.socket, this.#sockets, new Writer(2).u16(socket.local.port).finish());
          return this.#closing(socket);
        } catch (error) {
          this.#openSockets -= 1;
          throw error;
        }
      },
      resolve: async (host, signal) => this.#learn(host, await this.#world.resolve(host, signal)),
      resolveAll: async (host, signal) =>
        this.#learn(host, await this.#world.resolveAll(host, signal)),
      localAddresses: () => this.#localAddresses = this.#world.localAddresses(),
      broadcastAddresses: () => this.#broadcastAddresses = this.#world.broadcastAddresses(),
    };
  }

  /** Another session begins: the beginning of the one before is forgotten. */
  #begin(): void {
    this.#beginning.clear();
    this.#began = this.#world.clock.now();
  }

  #closing(socket: UdpSocket): UdpSocket {
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
        socket.close();
      },
    };
  }

  #learn<Found extends string | readonly string[]>(host: string, found: Found): Found {
    if (this.#hosts.size < MAX_HOSTS) {
      this.#hosts.set(host, typeof found === "string" ? [found] : found);
    }
    return found;
  }

  /** The tap counts sockets from 1 as we do. */
  #record(datagram: TappedDatagram): void {
    const { direction, socket, remote, bytes } = datagram;
    if (!isIpv4(remote.address)) return;
    const head = headOf(bytes);
    // Content is not kept, so that only signaling has anything to mask.
    const shown = isSignalingDatagram(head)
      ? this.#masker.mask({ ...datagram, bytes: head })
      : head;
    const payload = new Writer(10 + shown.byteLength).bytes(ipv4Bytes(remote.address))
      .u16(remote.port).u32(bytes.byteLength).bytes(shown).finish();
    this.#push(direction === "out" ? Kind.out : Kind.in, socket & 0xffff, payload);
  }

  #push(kind: number, socket: number, payload: Uint8Array): void {
    const at = this.#world.clock.now();
    const isBeginning = at - this.#began < BEGINNING &&
      this.#beginning.byteLength <= MAX_BEGINNING_BYTES - 65_536;
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
    default:
      return { type: "event", at, event: JSON.parse(new TextDecoder().decode(payload)) };
  }
}
