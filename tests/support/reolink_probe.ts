import type { Endpoint, Instant, Machine, Transmit } from "../../lib/machine.ts";
import { BcUdpConnection } from "../../lib/reolink/bcudp/connection.ts";
import { decodeBcUdp } from "../../lib/reolink/bcudp/datagram.ts";
import type { BcUdpOptions } from "../../lib/reolink/bcudp/connection_options.ts";
import {
  decodeSignaling,
  encodeSignaling,
  kindOf,
  type SignalingDatagram,
} from "../../lib/reolink/signaling/datagram.ts";
import type { SignalingMessage, SignalingType } from "../../lib/reolink/signaling/message.ts";
import { earliest } from "../../lib/timers.ts";

/** One datagram that a probe has received. */
export interface ReceivedDatagram {
  readonly at: Instant;
  readonly via: string;
  readonly from: Endpoint;
  readonly bytes: Uint8Array;
}

/** A signaling datagram that a probe has received. */
export interface ReceivedSignaling extends ReceivedDatagram, SignalingDatagram {}

/** A message of one type. */
export type OfType<Type extends SignalingType> = Extract<
  SignalingMessage,
  { readonly type: Type }
>;

interface Carried {
  readonly via: string;
  /** What its datagrams carry. */
  readonly id: number;
  readonly connection: BcUdpConnection;
  readonly onBytes: (now: Instant, bytes: Uint8Array) => void;
}

/** A party without a mind of its own: sends what a test says, keeps what arrives. */
export class ReolinkProbe implements Machine<never> {
  /** Everything but BcUDP of its connections. */
  readonly received: ReceivedDatagram[] = [];
  /** All signaling among that. */
  readonly heard: ReceivedSignaling[] = [];
  /** Everything sent in answer to what is heard. */
  onHeard: (heard: ReceivedSignaling) => void = () => {};
  readonly #carried: Carried[] = [];
  readonly #out: Transmit[] = [];
  readonly #heartbeats: { via: string; to: Endpoint; tid: number; message: SignalingMessage }[] =
    [];
  #nextHeartbeat: Instant | undefined;

  send(via: string, to: Endpoint, bytes: Uint8Array): void {
    this.#out.push({ via, to, bytes });
  }

  say(via: string, to: Endpoint, tid: number, message: SignalingMessage): void {
    this.send(via, to, encodeSignaling({ tid, message }, "compact"));
  }

  /** From now on, BcUDP on this socket for this connection is taken as a stream of bytes. */
  carry(
    now: Instant,
    via: string,
    options: BcUdpOptions,
    onBytes: (now: Instant, bytes: Uint8Array) => void,
  ): BcUdpConnection {
    const connection = new BcUdpConnection(now, options);
    this.#carried.push({ via, id: options.ownId, connection, onBytes });
    return connection;
  }

  /** Sends this every second, at once first. */
  beat(now: Instant, via: string, to: Endpoint, tid: number, message: SignalingMessage): void {
    this.#heartbeats.push({ via, to, tid, message });
    this.#nextHeartbeat = now;
  }

  /** Stops all heartbeats and connections, as a client that has lost its network. */
  fallSilent(): void {
    this.#heartbeats.length = 0;
    this.#carried.length = 0;
  }

  /** What was heard of one type, the first one first. */
  heardOf<Type extends SignalingType>(type: Type): readonly OfType<Type>[] {
    return this.heard.map(({ message }) => message)
      .filter((message): message is OfType<Type> => message.type === type);
  }

  handleDatagram(at: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const kind = kindOf(bytes);
    if (kind === "data" || kind === "ack") {
      const { connectionId } = decodeBcUdp(bytes);
      const carried = this.#carried.find(({ id }) => id === connectionId);
      if (carried !== undefined) return this.#take(at, carried, from, bytes);
    }
    const received = { at, via, from, bytes: bytes.slice() };
    this.received.push(received);
    if (kind !== "signaling") return;
    const heard = { ...received, ...decodeSignaling(bytes) };
    this.heard.push(heard);
    this.onHeard(heard);
  }

  handleTimeout(now: Instant): void {
    for (const { connection } of this.#carried) connection.handleTimeout(now);
    if (this.#nextHeartbeat === undefined || this.#nextHeartbeat > now) return;
    this.#nextHeartbeat = now + 1_000;
    for (const { via, to, tid, message } of this.#heartbeats) this.say(via, to, tid, message);
  }

  pollTransmit(): Transmit | undefined {
    for (const { via, connection } of this.#carried) {
      const bytes = connection.pollTransmit();
      if (bytes !== undefined) return { via, to: connection.peer, bytes };
    }
    return this.#out.shift();
  }

  pollEvent(): undefined {
    for (const { connection } of this.#carried) while (connection.pollEvent() !== undefined);
    return undefined;
  }

  pollTimeout(): Instant | undefined {
    return earliest(
      this.#nextHeartbeat,
      ...this.#carried.map(({ connection }) => connection.pollTimeout()),
    );
  }

  #take(now: Instant, { connection, onBytes }: Carried, from: Endpoint, bytes: Uint8Array): void {
    connection.handleDatagram(now, from, bytes);
    for (let next = connection.read(); next !== undefined; next = connection.read()) {
      onBytes(now, next);
    }
  }
}
