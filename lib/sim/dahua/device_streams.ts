import { formatEndpoint } from "../../endpoint.ts";
import type { CloseReason, Duration, Endpoint, Entropy, Instant } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import { InFlight } from "../in_flight.ts";
import type { DeviceFaults } from "./device_faults.ts";
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
  readonly faults: Pick<
    DeviceFaults,
    "disconnectAfter" | "disconnectJitter" | "realmLimit" | "pastRealmLimit"
  >;
  readonly send: (to: Endpoint, bytes: Uint8Array) => void;
}

/** Sessions at once; further clients are not answered. */
export const MAX_SESSIONS = 16;

const MAX_TASKS = 4096;

/** A connection that the client has ended may still be draining when it asks for another one. */
const EXCESS_AFTER: Duration = 20;

/** The only host behind a simulated device is the device. */
const ITSELF = "127.0.0.1";

interface Peer {
  readonly client: Endpoint;
  readonly way: DeviceWay;
  readonly session: DeviceSession;
  /** Realm → stream. */
  readonly streams: Map<number, number>;
  /** Realms asked for when it was full; their fate is not decided yet. */
  readonly undecided: Set<number>;
  /** Its firmware hangs: nothing moves any more. */
  stalled: boolean;
}

interface Stream {
  readonly peer: Peer;
  readonly realm: number;
}

/** Things put off. */
type Task =
  | { readonly type: "disconnect"; readonly stream: number }
  /** Look again whether a session is full. */
  | { readonly type: "bind"; readonly peer: Peer; readonly realm: number; readonly port: number };

/** The device's sessions, one for each client endpoint, and the TCP connections in all of them. */
export class DeviceStreams {
  readonly #options: DeviceStreamsOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #streams = new Map<number, Stream>();
  readonly #tasks = new InFlight<Task>(MAX_TASKS);
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
    const { disconnectAfter, disconnectJitter } = this.#options.faults;
    if (disconnectAfter === undefined) return;
    const [dice = 0] = this.#options.entropy(1);
    const at = now + disconnectAfter + disconnectJitter * dice / 256;
    this.#tasks.push(at, { type: "disconnect", stream });
  }

  /** Refuses a dial, or ends a TCP connection once what was written is sent. */
  close(now: Instant, stream: number): void {
    this.#command(now, stream, ({ peer, realm }) => peer.session.ptcp.closeRealm(now, realm));
  }

  /** Bytes that may be written now; 0 asks to wait for `writable`. */
  space(stream: number): number {
    const found = this.#streams.get(stream);
    if (found === undefined || found.peer.stalled) return 0;
    return found.peer.session.ptcp.realmSpace(found.realm);
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
    for (let task = this.#tasks.takeDue(now); task !== undefined; task = this.#tasks.takeDue(now)) {
      if (task.type === "disconnect") this.close(now, task.stream);
      else this.#bindLate(now, task);
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
    let next = this.#tasks.next;
    for (const { session } of this.#peers.values()) next = earliest(next, session.pollTimeout());
    return next;
  }

  #add(key: string, client: Endpoint, way: DeviceWay): Peer | undefined {
    if (this.#peers.size >= MAX_SESSIONS) return undefined;
    const { entropy, signs, ptcp } = this.#options;
    const session = new DeviceSession({ ...ptcp, entropy, signs, way });
    const peer: Peer = {
      client,
      way,
      session,
      streams: new Map(),
      undecided: new Set(),
      stalled: false,
    };
    this.#peers.set(key, peer);
    return peer;
  }

  #command<Result>(
    now: Instant,
    stream: number,
    run: (found: Stream) => Result,
  ): Result | undefined {
    const found = this.#streams.get(stream);
    if (found === undefined || found.peer.stalled) return undefined;
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
      if (!this.#isFull(peer)) return this.#dial(peer, event.realm, event.port);
      const { realm, port } = event;
      peer.undecided.add(realm);
      return void this.#tasks.push(now + EXCESS_AFTER, { type: "bind", peer, realm, port });
    }
    if (event.type === "realmClosed") peer.undecided.delete(event.realm);
    const stream = peer.streams.get(event.realm);
    if (stream === undefined) return;
    if (event.type === "realmClosed") return this.#end(peer, event.realm, stream);
    if (event.type === "realmReadable") this.#events.push({ type: "readable", stream });
    if (event.type === "realmWritable") this.#events.push({ type: "writable", stream });
  }

  #isFull(peer: Peer): boolean {
    return peer.streams.size >= this.#options.faults.realmLimit;
  }

  #bindLate(now: Instant, { peer, realm, port }: Extract<Task, { readonly type: "bind" }>): void {
    const { pastRealmLimit } = this.#options.faults;
    if (!peer.undecided.delete(realm)) return;
    if (!this.#isFull(peer)) this.#dial(peer, realm, port);
    else if (pastRealmLimit === "stall") peer.stalled = true;
    else if (pastRealmLimit === "refuse") peer.session.ptcp.closeRealm(now, realm);
    this.#settle(now, peer);
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
    peer.undecided.clear();
    for (const [realm, stream] of [...peer.streams]) this.#end(peer, realm, stream);
    this.#events.push({ type: "sessionClosed", client, reason, detail });
  }
}
