import type { Duration, Endpoint, Entropy, Instant } from "../../machine.ts";
import { BcUdpConnection } from "../../reolink/bcudp/connection.ts";
import { encodeSignaling, kindOf } from "../../reolink/signaling/datagram.ts";
import type { Conn, MessageOf } from "../../reolink/signaling/message.ts";
import { earliest, Timers } from "../../timers.ts";
import { BcServer, type BcServerEvent, type SessionEnd } from "./bc_server.ts";
import type { CameraState } from "./camera_state.ts";
import { Handshake } from "./handshake.ts";
import { ownTid } from "./own_tid.ts";

/** By what way a client has come. */
export type VisitWay = Conn | "lan" | "tcp";

export interface VisitOptions {
  readonly camera: CameraState;
  readonly cid: number;
  readonly did: number;
  /** How it came about: the register has called, or a client on the LAN. */
  readonly origin:
    | { readonly type: "call"; readonly call: MessageOf<"R2D_C"> }
    | { readonly type: "lan"; readonly client: Endpoint };
  readonly entropy: Entropy;
  readonly send: (to: Endpoint, bytes: Uint8Array) => void;
  readonly onServerEvent: (event: BcServerEvent) => void;
}

type VisitTimer =
  /** Nobody has come, or has come on. */
  | "abandoned"
  /** It ends the session for no reason. */
  | "disconnect"
  /** It confirms what it has confirmed already. */
  | "confirm"
  /** It knocks in the middle of a session. */
  | "knock"
  /** That knock should have been answered. */
  | "knockAnswer";

/** How long to wait for data after the last sign of a client [observed]. */
const ABANDONED_AFTER: Duration = 10_000;

/** How long a call is answered: after that the register gives its client up [observed]. */
const CALL_LIFETIME: Duration = 13_000;

/** It answers heartbeats with one of its own, so seldom. */
const HEARTBEAT_EVERY: Duration = 10_000;

const CONFIRM_EVERY: Duration = 1_000;

/** Cameras end sessions whose knocks stay unanswered for 5 to 10 s [observed]. */
const KNOCK_ANSWER_WITHIN: Duration = 8_000;

/** One client's use of the camera over UDP, from the first sign of it to the end. */
export class Visit {
  readonly did: number;
  readonly cid: number;
  readonly origin: VisitOptions["origin"];
  readonly createdAt: Instant;
  readonly #options: VisitOptions;
  readonly #timers = new Timers<VisitTimer>();
  #handshake: Handshake | undefined;
  #connection: BcUdpConnection | undefined;
  #server: BcServer | undefined;
  #way: VisitWay | undefined;
  #openedAt: Instant | undefined;
  #heartbeatAt: Instant = -Infinity;
  #lateConfirmations: number;
  #end: SessionEnd | undefined;

  constructor(now: Instant, options: VisitOptions) {
    this.#options = options;
    this.did = options.did;
    this.cid = options.cid;
    this.origin = options.origin;
    this.createdAt = now;
    this.#lateConfirmations = options.camera.settings.faults.lateConfirmations;
    const lifetime = options.origin.type === "call" ? CALL_LIFETIME : ABANDONED_AFTER;
    this.#timers.set("abandoned", now + lifetime);
  }

  get sid(): number | undefined {
    return this.origin.type === "call" ? this.origin.call.sid : undefined;
  }

  /** The way the client took, once it has. */
  get way(): VisitWay | undefined {
    return this.#way;
  }

  /** Where the client is, once it has come. */
  get client(): Endpoint | undefined {
    return this.#connection?.peer;
  }

  get openedAt(): Instant | undefined {
    return this.#openedAt;
  }

  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** The camera is awake: it brings about a path to the client that has called. */
  start(now: Instant): void {
    if (this.origin.type !== "call" || this.#handshake !== undefined) return;
    const { cli, cmap, relay, sid, cid } = this.origin.call;
    const places = [["local", cli], ["map", cmap], ["relay", relay]] as const;
    const paths = places.flatMap(([conn, to]) => to === undefined ? [] : [{ conn, to }]);
    const { did, entropy, send } = this.#options;
    this.#handshake = new Handshake(now, {
      sid,
      cid,
      did,
      paths,
      tid: ownTid(entropy),
      send: (to, tid, message) => send(to, encodeSignaling({ tid, message })),
    });
    this.#timers.set("abandoned", this.#handshake.deadline);
  }

  /** A client on the LAN calls again. */
  refresh(now: Instant): void {
    if (this.#connection === undefined) this.#timers.set("abandoned", now + ABANDONED_AFTER);
  }

  /** The client knocks, or answers a knock. */
  handleKnock(
    now: Instant,
    from: Endpoint,
    tid: number,
    message: MessageOf<"C2D_T"> | MessageOf<"C2D_A">,
  ): void {
    if (this.#handshake === undefined) return;
    this.#handshake.handleClient(now, from, tid, message);
    this.#timers.clear("knockAnswer");
    this.refresh(now);
  }

  handleHeartbeat(now: Instant, from: Endpoint): void {
    const connection = this.#open(now, from);
    if (connection === undefined || connection.peer.address !== from.address) return;
    connection.noteAlive(now);
    if (now - this.#heartbeatAt < HEARTBEAT_EVERY) return;
    this.#heartbeatAt = now;
    this.#say(from, "D2C_HB");
  }

  /** The client says goodbye. */
  handleGoodbye(from: Endpoint): void {
    const isClient = this.#connection === undefined
      ? this.#wayOf(from) !== undefined
      : this.#connection.peer.address === from.address;
    if (isClient) this.#finish({ reason: "peer", detail: "the client said goodbye" });
  }

  /** BcUDP for this visit. */
  handleDatagram(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    const connection = this.#open(now, from);
    if (connection === undefined || this.#losesAck(bytes)) return;
    connection.handleDatagram(now, from, bytes);
    this.#move(now);
  }

  /** Ends it without a word to anybody. */
  abandon(detail: string): void {
    this.#finish({ reason: "local", detail });
  }

  /** Takes what the camera has to say to this client, after something has changed. */
  flush(now: Instant): void {
    this.#move(now);
  }

  handleTimeout(now: Instant): void {
    this.#handshake?.handleTimeout(now);
    this.#connection?.handleTimeout(now);
    this.#server?.handleTimeout(now);
    for (const timer of this.#timers.takeDue(now)) this.#handleTimer(now, timer);
    this.#move(now);
  }

  pollTimeout(): Instant | undefined {
    if (this.#end !== undefined) return undefined;
    const parts = [this.#handshake, this.#connection, this.#server];
    return earliest(this.#timers.next(), ...parts.map((part) => part?.pollTimeout()));
  }

  #handleTimer(now: Instant, timer: VisitTimer): void {
    switch (timer) {
      case "abandoned":
        return this.#finish({ reason: "timeout", detail: "the client did not come" });
      case "disconnect":
        return this.#disconnect({ reason: "local", detail: "the camera ended the session" });
      case "confirm":
        return this.#confirmLate(now);
      case "knock":
        this.#timers.set("knockAnswer", now + KNOCK_ANSWER_WITHIN);
        return this.#knockLate();
      case "knockAnswer":
        return this.#disconnect({
          reason: "timeout",
          detail: "the client left a knock unanswered",
        });
    }
  }

  /** The first sign of data from where the client has shown itself makes it a session. */
  #open(now: Instant, from: Endpoint): BcUdpConnection | undefined {
    if (this.#connection !== undefined || this.#end !== undefined) return this.#connection;
    const way = this.#wayOf(from);
    if (way === undefined) return undefined;
    const { camera, did, cid, entropy, onServerEvent } = this.#options;
    const role = "camera";
    this.#way = way;
    this.#openedAt = now;
    this.#handshake?.settle();
    this.#connection = new BcUdpConnection(now, { role, ownId: did, peerId: cid, peer: from });
    this.#server = new BcServer(now, { camera, carrier: "udp", entropy, onEvent: onServerEvent });
    this.#timers.clearAll();
    this.#planFaults(now);
    return this.#connection;
  }

  #wayOf(from: Endpoint): VisitWay | undefined {
    if (this.origin.type === "call") return this.#handshake?.connOf(from);
    return from.address === this.origin.client.address ? "lan" : undefined;
  }

  #planFaults(now: Instant): void {
    const { camera, entropy } = this.#options;
    const { disconnectAfter, disconnectJitter, lateKnockAfter } = camera.settings.faults;
    if (disconnectAfter !== undefined) {
      const [dice = 0] = entropy(1);
      this.#timers.set("disconnect", now + disconnectAfter + disconnectJitter * dice / 256);
    }
    if (this.#handshake === undefined) return;
    if (lateKnockAfter !== undefined) this.#timers.set("knock", now + lateKnockAfter);
    if (this.#lateConfirmations > 0) this.#timers.set("confirm", now + CONFIRM_EVERY);
  }

  #confirmLate(now: Instant): void {
    if (this.#connection === undefined || !isConn(this.#way)) return;
    this.#handshake?.confirmAgain(this.#connection.peer, this.#way);
    this.#lateConfirmations -= 1;
    if (this.#lateConfirmations > 0) this.#timers.set("confirm", now + CONFIRM_EVERY);
  }

  #knockLate(): void {
    if (this.#connection === undefined || !isConn(this.#way)) return;
    this.#handshake?.knockAgain(this.#connection.peer, this.#way);
  }

  /** Moves bytes between connection and server, and datagrams out, until there are no more. */
  #move(now: Instant): void {
    const connection = this.#connection;
    const server = this.#server;
    if (connection === undefined || server === undefined || this.#end !== undefined) return;
    for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
      if (event.type === "closed") {
        return this.#disconnect({ reason: event.reason, detail: event.detail });
      }
    }
    for (let bytes = connection.read(); bytes !== undefined; bytes = connection.read()) {
      server.handleBytes(now, bytes);
    }
    this.#transmit(connection);
    while (connection.space() > 0) {
      const bytes = server.pollBytes();
      if (bytes === undefined) break;
      for (const piece of this.#cut(bytes)) {
        connection.write(now, piece);
        this.#transmit(connection);
      }
    }
    if (server.end !== undefined) this.#disconnect(server.end);
  }

  #transmit(connection: BcUdpConnection): void {
    for (let bytes = connection.pollTransmit(); bytes; bytes = connection.pollTransmit()) {
      if (!this.#losesAck(bytes)) this.#options.send(connection.peer, bytes);
    }
  }

  /** The stream as the firmware hands it to the network. */
  *#cut(bytes: Uint8Array): Generator<Uint8Array> {
    const { maxPiece } = this.#options.camera.settings.quirks;
    if (maxPiece === undefined) return yield bytes;
    for (let at = 0; at < bytes.byteLength;) {
      const [high = 0, low = 0] = this.#options.entropy(2);
      const length = 1 + (256 * high + low) % maxPiece;
      yield bytes.subarray(at, at + length);
      at += length;
    }
  }

  #losesAck(bytes: Uint8Array): boolean {
    const { ackLoss } = this.#options.camera.settings.faults;
    if (ackLoss === 0 || kindOf(bytes) !== "ack") return false;
    const [dice = 0] = this.#options.entropy(1);
    return dice < ackLoss * 256;
  }

  /** Ends it, and tells the client. */
  #disconnect(end: SessionEnd): void {
    if (this.#connection !== undefined) this.#say(this.#connection.peer, "D2C_DISC");
    this.#finish(end);
  }

  #say(to: Endpoint, type: "D2C_HB" | "D2C_DISC"): void {
    const { cid, did, entropy, send } = this.#options;
    send(to, encodeSignaling({ tid: ownTid(entropy), message: { type, cid, did } }));
  }

  #finish(end: SessionEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#timers.clearAll();
    this.#connection?.close();
    this.#server?.close();
  }
}

function isConn(way: VisitWay | undefined): way is Conn {
  return way === "local" || way === "map" || way === "relay";
}
