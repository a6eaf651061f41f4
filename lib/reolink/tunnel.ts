/**
 * A tunnel to a Reolink camera known by its UID: one reliable byte stream in each direction.
 *
 * One machine with two local sockets, which stacks two others: signaling finds the camera, on the LAN
 * or through the vendor's cloud, and keeps the contact alive; a BcUDP connection carries the stream.
 * Their datagrams share the sockets and are told apart by their first bytes.
 *
 * @module
 */

import type { Duration, Endpoint, Instant, Machine, Transmit } from "../machine.ts";
import { earliest, Timers } from "../timers.ts";
import type { TunnelEnd } from "../tunnel_end.ts";
import { BcUdpConnection } from "./bcudp/connection.ts";
import type { BcUdpEvent, BcUdpStats } from "./bcudp/connection_options.ts";
import { kindOf } from "./signaling/datagram.ts";
import { ReolinkSignaling } from "./signaling/signaling.ts";
import type { ReolinkContact, ReolinkStage } from "./signaling/signaling_event.ts";
import type {
  ReolinkTunnelCounters,
  ReolinkTunnelEvent,
  ReolinkTunnelState,
} from "./tunnel_event.ts";
import type { ReolinkTunnelOptions } from "./tunnel_options.ts";

/** `linger`: closing has waited long enough for the last bytes to arrive. */
type TimerName = "linger";

const LINGER: Duration = 1_000;

/** What we are doing while a stage of the signaling is under way. */
const STATE_OF_STAGE: Readonly<Record<ReolinkStage, ReolinkTunnelState>> = {
  discover: "locating",
  lookup: "locating",
  register: "locating",
  local: "punching",
  map: "punching",
  relay: "punching",
};

const ADVICE = "The camera may have gone to sleep or lost its network: try again.";

export class ReolinkTunnel implements Machine<ReolinkTunnelEvent> {
  readonly #options: ReolinkTunnelOptions;
  readonly #signaling: ReolinkSignaling;
  readonly #timers = new Timers<TimerName>();
  readonly #events: ReolinkTunnelEvent[] = [];
  #state: ReolinkTunnelState = "locating";
  #contact: ReolinkContact | undefined;
  #connection: BcUdpConnection | undefined;
  #garbage = 0;
  #stray = 0;
  /** Set once the tunnel is to end; `closed` follows when signaling has said goodbye. */
  #end: TunnelEnd | undefined;

  /** Throws `RangeError` for a UID or an address that signaling cannot put into a message. */
  constructor(now: Instant, options: ReolinkTunnelOptions) {
    this.#options = options;
    this.#events.push({ type: "state", state: this.#state });
    this.#signaling = new ReolinkSignaling(now, options);
    this.#settle(now);
  }

  get state(): ReolinkTunnelState {
    return this.#state;
  }

  /** Whether the stream may be written. */
  get isOpen(): boolean {
    return this.#state === "open" && this.#end === undefined;
  }

  /** Figures of the connection, once there is one. */
  get stats(): BcUdpStats | undefined {
    return this.#connection?.stats;
  }

  get counters(): ReolinkTunnelCounters {
    return { ...this.#signaling.counters, garbage: this.#garbage, stray: this.#stray };
  }

  /** Where the camera is now, once it has been met: its port may change. */
  get peer(): Endpoint | undefined {
    return this.#connection?.peer;
  }

  /** One more lookup server, while `moreMiddlemen` was set. Ignored when of no use any more. */
  addMiddleman(now: Instant, endpoint: Endpoint): void {
    this.#signaling.addMiddleman(now, endpoint);
    this.#settle(now);
  }

  /** No more lookup servers will be added. */
  endMiddlemen(now: Instant): void {
    this.#signaling.endMiddlemen(now);
    this.#settle(now);
  }

  /** Bytes that may be written now; 0 asks to wait for `writable`, or for `open`. */
  space(): number {
    return this.isOpen ? this.#connection?.space() ?? 0 : 0;
  }

  /** Queues bytes of the stream; the array is handed over. Nothing is taken unless it is open. */
  write(now: Instant, bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#connection?.write(now, bytes);
    this.#settle(now);
  }

  /** The next bytes of the stream, also after its end, or `undefined` until `readable`. */
  read(): Uint8Array | undefined {
    return this.#connection?.read();
  }

  /**
   * Ends the tunnel: what was written may still arrive, for a second at most; then the camera is told
   * goodbye, and `closed` follows.
   */
  close(now: Instant): void {
    if (this.#end !== undefined) return;
    this.#end = { reason: "local", stage: this.#state, detail: "closed", advice: "" };
    this.#timers.set("linger", now + LINGER);
    this.#settle(now);
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    switch (kindOf(bytes)) {
      case "signaling":
        this.#signaling.handleDatagram(now, via, from, bytes);
        this.#noteAlive(now, via, from);
        break;
      case "data":
      case "ack":
        this.#handleStream(now, via, from, bytes);
        break;
      case "alarm":
      case undefined:
        this.#garbage += 1;
    }
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    this.#signaling.handleTimeout(now);
    this.#connection?.handleTimeout(now);
    for (const _ of this.#timers.takeDue(now)) this.#disconnect(now);
    this.#settle(now);
  }

  pollTransmit(): Transmit | undefined {
    const own = this.#signaling.pollTransmit();
    if (own !== undefined) return own;
    const bytes = this.#connection?.pollTransmit();
    if (bytes === undefined || this.#connection === undefined || this.#contact === undefined) {
      return undefined;
    }
    return { via: this.#contact.via, to: this.#connection.peer, bytes };
  }

  pollEvent(): ReolinkTunnelEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    if (this.#state === "closed") return undefined;
    return earliest(
      this.#signaling.pollTimeout(),
      this.#connection?.pollTimeout(),
      this.#timers.next(),
    );
  }

  #handleStream(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    const connection = this.#connection;
    if (connection === undefined || connection.closed || via !== this.#contact?.via) {
      this.#stray += 1;
      return;
    }
    const before = connection.peer;
    connection.handleDatagram(now, from, bytes);
    if (connection.peer !== before) this.#signaling.follow(connection.peer);
  }

  /** Heartbeats and the like show that the camera is there, even when its stream is silent. */
  #noteAlive(now: Instant, via: string, from: Endpoint): void {
    if (via !== this.#contact?.via || from.address !== this.#connection?.peer.address) return;
    this.#connection.noteAlive(now);
  }

  /** Takes the children's events until neither of them has any more. */
  #settle(now: Instant): void {
    for (let moved = true; moved;) {
      moved = this.#takeSignaling(now);
      moved = this.#takeConnection(now) || moved;
      moved = this.#disconnectIfDrained(now) || moved;
    }
  }

  #disconnectIfDrained(now: Instant): boolean {
    const isDrained = this.#connection?.drained ?? true;
    if (!this.#timers.isSet("linger") || !isDrained) return false;
    this.#disconnect(now);
    return true;
  }

  #takeSignaling(now: Instant): boolean {
    const event = this.#signaling.pollEvent();
    if (event === undefined) return false;
    switch (event.type) {
      case "stage":
        this.#events.push(event);
        if (event.status === "started") this.#enter(STATE_OF_STAGE[event.stage]);
        break;
      case "established":
        this.#open(now, event);
        break;
      case "closed": {
        const { reason, stage, detail, advice } = event;
        this.#close({ reason, stage, detail, advice });
      }
    }
    return true;
  }

  #takeConnection(now: Instant): boolean {
    const event = this.#connection?.pollEvent();
    if (event === undefined) return false;
    if (event.type !== "closed") this.#events.push(event);
    else this.#handleBroken(now, event);
    return true;
  }

  #open(now: Instant, contact: ReolinkContact): void {
    this.#contact = contact;
    const { via: _via, way, peer, cid, did } = contact;
    this.#connection = new BcUdpConnection(now, {
      ...this.#options.connection,
      role: "client",
      ownId: cid,
      peerId: did,
      peer,
    });
    this.#enter("open");
    this.#events.push({ type: "open", way, peer });
  }

  /** The stream is over, but the camera may not know. */
  #handleBroken(now: Instant, event: Extract<BcUdpEvent, { readonly type: "closed" }>): void {
    const { reason, detail } = event;
    this.#end ??= { reason, stage: "open", detail, advice: ADVICE };
    this.#disconnect(now);
  }

  /** Says goodbye; signaling's `closed` comes once that is done. */
  #disconnect(now: Instant): void {
    this.#timers.clear("linger");
    this.#connection?.close();
    this.#signaling.close(now);
  }

  #close(end: TunnelEnd): void {
    this.#timers.clear("linger");
    this.#connection?.close();
    this.#end ??= end;
    this.#enter("closed");
    this.#events.push({ type: "closed", ...this.#end });
  }

  #enter(state: ReolinkTunnelState): void {
    if (this.#state === state || this.#state === "closed") return;
    this.#state = state;
    this.#events.push({ type: "state", state });
  }
}
