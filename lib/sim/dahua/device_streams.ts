import { formatEndpoint } from "../../endpoint.ts";
import type { CloseReason, Duration, Endpoint, Entropy, Instant } from "../../machine.ts";
import { InFlight } from "../in_flight.ts";
import { DeviceSession, type DeviceSessionEvent, type PtcpQuirks } from "./device_session.ts";

/** How a session came here. */
export type DeviceWay = "direct" | "relay";

export type DeviceStreamEvent =
  | { readonly type: "sessionOpen"; readonly client: Endpoint; readonly way: DeviceWay }
  | {
    readonly type: "sessionClosed";
    readonly client: Endpoint;
    readonly reason: CloseReason;
    readonly detail: string;
  }
  /** A client wants a TCP connection to `port`: answer with `accept` or `close`. */
  | { readonly type: "dial"; readonly stream: number; readonly port: number }
  /** There is something to read where there was nothing: read until `undefined`. */
  | { readonly type: "readable"; readonly stream: number }
  /** There is room again after `space` was 0. */
  | { readonly type: "writable"; readonly stream: number }
  /** Over, whoever ended it. */
  | { readonly type: "closed"; readonly stream: number };

export interface DeviceStreamsOptions {
  readonly entropy: Entropy;
  /** Signs good at present; the owner changes the array. */
  readonly signs: readonly Uint8Array[];
  readonly ptcp: PtcpQuirks;
  /** Every TCP connection is ended so long after it was accepted. */
  readonly disconnectAfter: Duration | undefined;
  readonly send: (to: Endpoint, bytes: Uint8Array) => void;
}

/** Sessions at once; further clients are not answered. */
export const MAX_SESSIONS = 16;

const MAX_DISCONNECTS = 4096;

/** The only host behind a simulated device is the device. */
const ITSELF = "127.0.0.1";

interface Peer {
  readonly client: Endpoint;
  readonly way: DeviceWay;
  readonly session: DeviceSession;
  /** Realm → stream. */
  readonly streams: Map<number, number>;
}

interface Stream {
  readonly peer: Peer;
  readonly realm: number;
}

/** The device's sessions, one for each client endpoint, and the TCP connections in all of them. */
export class DeviceStreams {
  readonly #options: DeviceStreamsOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #streams = new Map<number, Stream>();
  readonly #disconnects = new InFlight<number>(MAX_DISCONNECTS);
  readonly #events: DeviceStreamEvent[] = [];
  #nextStream = 1;

  constructor(options: DeviceStreamsOptions) {
    this.#options = options;
  }

  /** Whether there is a session with this endpoint. */
  has(client: Endpoint): boolean {
    return this.#peers.has(formatEndpoint(client));
  }

  /** False when there was no room for another session. */
  handleDatagram(now: Instant, client: Endpoint, way: DeviceWay, bytes: Uint8Array): boolean {
    const key = formatEndpoint(client);
    let peer = this.#peers.get(key);
    if (peer?.session.isRestart(now, bytes)) {
      this.#remove(peer, "peer", "the client started over");
      peer = undefined;
    }
    peer ??= this.#add(key, client, way);
    if (peer === undefined) return false;
    peer.session.handleDatagram(now, bytes);
    this.#settle(now, peer);
    return true;
  }

  accept(now: Instant, stream: number): void {
    this.#command(now, stream, ({ peer, realm }) => peer.session.ptcp.acceptRealm(now, realm));
    const { disconnectAfter } = this.#options;
    if (disconnectAfter !== undefined) this.#disconnects.push(now + disconnectAfter, stream);
  }

  /** Refuses a dial, or ends a TCP connection once what was written is sent. */
  close(now: Instant, stream: number): void {
    this.#command(now, stream, ({ peer, realm }) => peer.session.ptcp.closeRealm(now, realm));
  }

  /** Bytes that may be written now; 0 asks to wait for `writable`. */
  space(stream: number): number {
    const found = this.#streams.get(stream);
    return found?.peer.session.ptcp.realmSpace(found.realm) ?? 0;
  }

  /** Sends to the client; the array is handed over. */
  write(now: Instant, stream: number, bytes: Uint8Array): void {
    this.#command(
      now,
      stream,
      ({ peer, realm }) => peer.session.ptcp.writeRealm(now, realm, bytes),
    );
  }

  /** The next bytes from the client, or `undefined` until `readable`. */
  read(now: Instant, stream: number): Uint8Array | undefined {
    return this.#command(
      now,
      stream,
      ({ peer, realm }) => peer.session.ptcp.readRealm(now, realm),
    );
  }

  handleTimeout(now: Instant): void {
    for (
      let stream = this.#disconnects.takeDue(now);
      stream !== undefined;
      stream = this.#disconnects.takeDue(now)
    ) {
      this.close(now, stream);
    }
    for (const peer of [...this.#peers.values()]) {
      const at = peer.session.pollTimeout();
      if (at === undefined || at > now) continue;
      peer.session.handleTimeout(now);
      this.#settle(now, peer);
    }
  }

  pollEvent(): DeviceStreamEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    let earliest = this.#disconnects.next;
    for (const { session } of this.#peers.values()) {
      const at = session.pollTimeout();
      if (at !== undefined && (earliest === undefined || at < earliest)) earliest = at;
    }
    return earliest;
  }

  #add(key: string, client: Endpoint, way: DeviceWay): Peer | undefined {
    if (this.#peers.size >= MAX_SESSIONS) return undefined;
    const { entropy, signs, ptcp } = this.#options;
    const session = new DeviceSession({ ...ptcp, entropy, signs, way });
    const peer = { client, way, session, streams: new Map<number, number>() };
    this.#peers.set(key, peer);
    return peer;
  }

  #command<Result>(
    now: Instant,
    stream: number,
    run: (found: Stream) => Result,
  ): Result | undefined {
    const found = this.#streams.get(stream);
    if (found === undefined) return undefined;
    const result = run(found);
    this.#settle(now, found.peer);
    return result;
  }

  #settle(now: Instant, peer: Peer): void {
    const { session, client } = peer;
    for (
      let event = session.pollEvent(now);
      event !== undefined;
      event = session.pollEvent(now)
    ) {
      this.#handleEvent(now, peer, event);
    }
    for (let bytes = session.pollTransmit(); bytes; bytes = session.pollTransmit()) {
      this.#options.send(client, bytes);
    }
  }

  #handleEvent(now: Instant, peer: Peer, event: DeviceSessionEvent): void {
    const { client, way, session } = peer;
    if (event.type === "open") return void this.#events.push({ type: "sessionOpen", client, way });
    if (event.type === "closed") return this.#remove(peer, event.reason, event.detail);
    if (event.type === "bind") {
      if (event.address !== ITSELF) return session.ptcp.closeRealm(now, event.realm);
      return this.#dial(peer, event.realm, event.port);
    }
    const stream = peer.streams.get(event.realm);
    if (stream === undefined) return;
    if (event.type === "realmClosed") return this.#end(peer, event.realm, stream);
    if (event.type === "realmReadable") this.#events.push({ type: "readable", stream });
    if (event.type === "realmWritable") this.#events.push({ type: "writable", stream });
  }

  #dial(peer: Peer, realm: number, port: number): void {
    const stream = this.#nextStream++;
    peer.streams.set(realm, stream);
    this.#streams.set(stream, { peer, realm });
    this.#events.push({ type: "dial", stream, port });
  }

  #end(peer: Peer, realm: number, stream: number): void {
    peer.streams.delete(realm);
    this.#streams.delete(stream);
    this.#events.push({ type: "closed", stream });
  }

  #remove(peer: Peer, reason: CloseReason, detail: string): void {
    const { client } = peer;
    this.#peers.delete(formatEndpoint(client));
    for (const [realm, stream] of [...peer.streams]) this.#end(peer, realm, stream);
    this.#events.push({ type: "sessionClosed", client, reason, detail });
  }
}
