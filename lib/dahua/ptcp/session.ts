/**
 * A PTCP session: the channel layer over one connection. Many realms share the stream fairly, and
 * none can hold up another.
 *
 * A sans-I/O child like `PtcpConnection`, and symmetric: a client opens realms, the simulated device
 * accepts them.
 *
 * Flow control. The stream is one; a realm nobody reads would hold up all. So what arrives for a
 * realm is kept for its reader, up to a cap at which that realm alone is closed. Only while *every*
 * open realm waits for its reader, so that nobody is held up, is the stream itself paused and the
 * peer slowed down by the closing window; a reader that takes nothing for ten seconds then loses its
 * realm all the same, since peers give up on a window closed for long.
 *
 * @module
 */

import type { CloseReason, Duration, Entropy, Instant } from "../../machine.ts";
import { earliest, Timers } from "../../timers.ts";
import { PtcpConnection } from "./connection.ts";
import { Framer } from "./framer.ts";
import { type ControlMessage, encodeMessage, type Message, type RealmMessage } from "./message.ts";
import { Realm } from "./realm.ts";
import { RealmTable } from "./realm_table.ts";
import type { SessionEvent, SessionOptions, SessionStats } from "./session_options.ts";

/**
 * - `heartbeat`: time to send one
 * - `silence`: the peer may have been silent for too long
 * - `bind`: the peer did not answer a bind
 * - `stall`: readers have kept the stream paused for too long
 */
type TimerName = "heartbeat" | "silence" | "bind" | "stall";

const HEARTBEAT_EVERY: Duration = 5_000;
const SILENCE_LIMIT: Duration = 12_000;
const BIND_TIMEOUT: Duration = 5_000;
const STALL_LIMIT: Duration = 10_000;

/** Bytes kept for a realm's reader. */
const REALM_BUFFER = 4 << 20;

/** A realm with this many bytes unread counts as waiting for its reader. */
const UNREAD_LIMIT = 256 << 10;

/** Bytes queued for a realm above which its writer waits; it goes on below half of it. */
const OUTBOX_LIMIT = 64 << 10;

/** Bytes handed to the connection ahead of need: little, so that control messages need not queue. */
const SEND_AHEAD = 4 * 1292;

/** Bytes unsent that end the session: the peer keeps asking, and acknowledges no answer. */
const MAX_UNSENT = 256 << 10;

/** Realms a peer may have with us at once. */
const MAX_REALMS = 64;

export class PtcpSession {
  readonly #connection: PtcpConnection;
  readonly #framer = new Framer();
  readonly #timers = new Timers<TimerName>();
  readonly #realms = new RealmTable();
  readonly #events: SessionEvent[] = [];
  readonly #accepts: boolean;
  readonly #entropy: Entropy;
  readonly #heartbeatEvery: Duration;
  readonly #silenceLimit: Duration;
  readonly #realmBuffer: number;
  #stray = 0;

  constructor(options: SessionOptions) {
    const { entropy, heartbeatEvery, silenceLimit, realmBuffer, ...connection } = options;
    this.#entropy = entropy;
    this.#heartbeatEvery = heartbeatEvery ?? HEARTBEAT_EVERY;
    this.#silenceLimit = silenceLimit ?? SILENCE_LIMIT;
    this.#realmBuffer = realmBuffer ?? REALM_BUFFER;
    this.#accepts = options.role === "listen";
    this.#connection = new PtcpConnection({
      ...connection,
      atMessageBoundary: () => this.#framer.atBoundary && this.#connection.unreadBytes === 0,
    });
  }

  get established(): boolean {
    return this.#connection.established;
  }

  get closed(): boolean {
    return this.#connection.closed;
  }

  /** Realms that are bound, being bound, or waiting to be. */
  get realmCount(): number {
    return this.#realms.size;
  }

  get stats(): SessionStats {
    return {
      ...this.#connection.stats,
      stray: this.#stray,
      unknown: this.#framer.unknown,
      desynchronised: this.#framer.desynchronised,
    };
  }

  /** Starts the handshake. */
  connect(now: Instant): void {
    this.#connection.connect(now);
    this.#settle(now);
  }

  sendControl(now: Instant, message: ControlMessage): void {
    this.#connection.write(now, encodeMessage(message));
    this.#settle(now);
  }

  /**
   * Asks for a TCP connection to a port of the device and returns the realm's id at once. Binds go
   * out one at a time, since firmware does not handle overlapping ones reliably [field].
   *
   * @param address Host behind the device; `127.0.0.1` is the device itself.
   */
  openRealm(now: Instant, port: number, address = "127.0.0.1"): number {
    const realm = new Realm(now, this.#realms.freeId(this.#entropy), port, address, "queued");
    this.#realms.add(realm);
    this.#settle(now);
    return realm.id;
  }

  /** Answers a `bind` event: the connection stands. */
  acceptRealm(now: Instant, id: number): void {
    const realm = this.#realms.get(id);
    if (realm?.state !== "offered") return;
    realm.state = "open";
    this.#sendStatus(now, id, "CONN");
    this.#settle(now);
  }

  /** Bytes that may be written to the realm now; 0 asks to wait for `realmWritable`. */
  realmSpace(id: number): number {
    const realm = this.#realms.get(id);
    if (realm === undefined || !isWritable(realm)) return 0;
    const space = Math.max(0, OUTBOX_LIMIT - realm.outboxBytes);
    if (space === 0) realm.writerWaits = true;
    return space;
  }

  /** Queues bytes for the realm; the array is handed over. Written to a closed realm, they are lost. */
  writeRealm(now: Instant, id: number, bytes: Uint8Array): void {
    const realm = this.#realms.get(id);
    if (realm === undefined || !isWritable(realm)) return;
    if (realm.outboxBytes >= OUTBOX_LIMIT) {
      throw new RangeError(
        `Cannot write as the realm must have space: ${realm.outboxBytes} queued`,
      );
    }
    realm.write(bytes);
    this.#settle(now);
  }

  /** The next bytes of the realm, or `undefined` until `realmReadable`. */
  readRealm(now: Instant, id: number): Uint8Array | undefined {
    const realm = this.#realms.get(id);
    if (realm === undefined) return undefined;
    const bytes = realm.read(now);
    if (realm.state === "ended" && realm.inboxBytes === 0) {
      this.#drop(realm, "peer", "the device ended the connection");
    }
    this.#settle(now);
    return bytes;
  }

  /** Ends a realm: what was written is sent, then DISC. Harmless when already closed. */
  closeRealm(now: Instant, id: number): void {
    const realm = this.#realms.get(id);
    if (realm === undefined || realm.state === "flushing") return;
    this.#closeRealm(now, realm, "local", "closed");
    this.#settle(now);
  }

  /** Ends the session: DISC for every realm, then the connection, which may linger for a second. */
  close(now: Instant): void {
    for (const realm of [...this.#realms]) {
      const told = realm.state !== "queued" && realm.state !== "ended";
      if (told) this.#sendStatus(now, realm.id, "DISC");
      this.#drop(realm, "local", "closed");
    }
    this.#connection.close(now);
    this.#settle(now);
  }

  /** Ends the session at once. */
  abort(now: Instant, reason: CloseReason, detail: string): void {
    this.#connection.abort(now, reason, detail);
    this.#settle(now);
  }

  handleDatagram(now: Instant, bytes: Uint8Array): void {
    this.#connection.handleDatagram(now, bytes);
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    this.#connection.handleTimeout(now);
    for (const name of this.#timers.takeDue(now)) this.#handleTimer(now, name);
    this.#settle(now);
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#connection.pollTransmit();
  }

  pollEvent(): SessionEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return earliest(this.#timers.next(), this.#connection.pollTimeout());
  }

  /** Brings everything in line after a mutation: child's events, the stream, binds and queues. */
  #settle(now: Instant): void {
    this.#takeConnectionEvents(now);
    this.#readStream(now);
    this.#bindNext(now);
    this.#sendQueued(now);
    this.#watchStall(now);
    if (this.#connection.unsentBytes > MAX_UNSENT) {
      this.#connection.abort(now, "protocol", "the other side acknowledges none of our answers");
    }
    this.#takeConnectionEvents(now);
  }

  #takeConnectionEvents(now: Instant): void {
    for (
      let event = this.#connection.pollEvent();
      event !== undefined;
      event = this.#connection.pollEvent()
    ) {
      if (event.type === "connected") this.#handleConnected(now);
      else if (event.type === "closed") this.#handleClosed(event.reason, event.detail);
    }
  }

  #handleConnected(now: Instant): void {
    if (this.#heartbeatEvery > 0) this.#timers.set("heartbeat", now + this.#heartbeatEvery);
    this.#timers.set("silence", now + this.#silenceLimit);
    this.#events.push({ type: "connected" });
  }

  #handleClosed(reason: CloseReason, detail: string): void {
    this.#timers.clearAll();
    for (const realm of [...this.#realms]) this.#drop(realm, reason, detail);
    this.#events.push({ type: "closed", reason, detail });
  }

  #readStream(now: Instant): void {
    while (!this.#paused()) {
      const chunk = this.#connection.read(now);
      if (chunk === undefined) return;
      this.#framer.push(chunk);
      for (let message = this.#framer.poll(); message; message = this.#framer.poll()) {
        this.#handleMessage(now, message);
      }
    }
  }

  #paused(): boolean {
    return this.#realms.everyReaderIsSlow(UNREAD_LIMIT);
  }

  #watchStall(now: Instant): void {
    if (!this.#paused()) this.#timers.clear("stall");
    else if (!this.#timers.isSet("stall")) this.#timers.set("stall", now + STALL_LIMIT);
  }

  #handleMessage(now: Instant, message: Message): void {
    switch (message.type) {
      case "data":
      case "bind":
      case "status":
        return this.#handleRealmMessage(now, message);
      default:
        this.#events.push({ type: "control", message });
    }
  }

  #handleRealmMessage(now: Instant, message: RealmMessage): void {
    if (message.type === "bind") return this.#handleBind(now, message);
    const realm = this.#realms.get(message.realm);
    if (realm === undefined) {
      this.#stray += 1;
      return;
    }
    if (message.type === "data") return this.#handleData(now, realm, message.bytes);
    if (message.status === "CONN") return this.#handleConn(realm);
    return this.#handleDisc(now, realm);
  }

  #handleBind(now: Instant, message: Extract<RealmMessage, { type: "bind" }>): void {
    const known = this.#realms.has(message.realm);
    if (!this.#accepts || known || this.#realms.size >= MAX_REALMS) {
      this.#stray += 1;
      if (!known) this.#sendStatus(now, message.realm, "DISC");
      return;
    }
    const { realm, port, address } = message;
    this.#realms.add(new Realm(now, realm, port, address, "offered"));
    this.#events.push({ type: "bind", realm, port, address });
  }

  #handleData(now: Instant, realm: Realm, bytes: Uint8Array): void {
    if (realm.state !== "open") {
      this.#stray += 1;
      return;
    }
    const wasEmpty = realm.inboxBytes === 0;
    realm.receive(bytes);
    if (wasEmpty) this.#events.push({ type: "realmReadable", realm: realm.id });
    if (realm.inboxBytes <= this.#realmBuffer) return;
    const detail = `its reader left ${realm.inboxBytes} bytes unread`;
    this.#closeRealm(now, realm, "local", detail);
  }

  #handleConn(realm: Realm): void {
    if (realm.state !== "binding") return;
    this.#timers.clear("bind");
    realm.state = "open";
    this.#events.push({ type: "realmOpen", realm: realm.id });
  }

  #handleDisc(now: Instant, realm: Realm): void {
    // Devices answer a client's DISC with one of their own; public clients wait for it [impl].
    if (this.#accepts) this.#sendStatus(now, realm.id, "DISC");
    if (realm.state === "flushing") return this.#forget(realm);
    const wasBinding = realm.state === "binding";
    if (wasBinding) this.#timers.clear("bind");
    if (realm.inboxBytes > 0) realm.state = "ended";
    else {
      const detail = wasBinding
        ? `the device refused a connection to its port ${realm.port}`
        : "the device ended the connection";
      this.#drop(realm, "peer", detail);
    }
  }

  #bindNext(now: Instant): void {
    if (!this.#connection.established || this.#timers.isSet("bind")) return;
    for (const realm of this.#realms) {
      if (realm.state !== "queued") continue;
      // One that is being ended still counts with the device, which bears few.
      if (this.#realms.isFlushing) return;
      realm.state = "binding";
      this.#timers.set("bind", now + BIND_TIMEOUT);
      const { id, port, address } = realm;
      this.#connection.write(now, encodeMessage({ type: "bind", realm: id, port, address }));
      return;
    }
  }

  /** Hands one message of each realm in turn to the connection while it is nearly out of work. */
  #sendQueued(now: Instant): void {
    while (this.#connection.established && this.#connection.unsentBytes < SEND_AHEAD) {
      const realm = this.#realms.nextToSend();
      if (realm === undefined) return;
      const bytes = realm.takePiece();
      if (bytes !== undefined) {
        this.#connection.write(now, encodeMessage({ type: "data", realm: realm.id, bytes }));
      }
      if (realm.state === "flushing" && realm.outboxBytes === 0) {
        this.#sendStatus(now, realm.id, "DISC");
        this.#forget(realm);
      } else if (realm.writerWaits && realm.outboxBytes <= OUTBOX_LIMIT / 2) {
        realm.writerWaits = false;
        this.#events.push({ type: "realmWritable", realm: realm.id });
      }
    }
  }

  #handleTimer(now: Instant, name: TimerName): void {
    switch (name) {
      case "heartbeat":
        this.#timers.set("heartbeat", now + this.#heartbeatEvery);
        return this.#connection.write(now, encodeMessage({ type: "heartbeat" }));
      case "silence":
        return this.#handleSilence(now);
      case "bind":
        return this.#handleBindTimeout(now);
      case "stall":
        return this.#handleStall(now);
    }
  }

  #handleSilence(now: Instant): void {
    const deadline = this.#connection.lastHeard + this.#silenceLimit;
    if (now < deadline) return this.#timers.set("silence", deadline);
    const seconds = Math.round(this.#silenceLimit / 1000);
    this.#connection.abort(now, "timeout", `nothing was heard from the device for ${seconds} s`);
  }

  #handleBindTimeout(now: Instant): void {
    for (const realm of [...this.#realms]) {
      if (realm.state !== "binding") continue;
      const detail = `the device did not answer a connection to its port ${realm.port}`;
      this.#sendStatus(now, realm.id, "DISC");
      this.#drop(realm, "timeout", detail);
    }
  }

  #handleStall(now: Instant): void {
    for (const realm of [...this.#realms]) {
      if (now - realm.lastRead < STALL_LIMIT) continue;
      this.#closeRealm(now, realm, "local", "its reader took nothing for 10 s");
    }
  }

  #closeRealm(now: Instant, realm: Realm, reason: CloseReason, detail: string): void {
    const { state } = realm;
    realm.discardInbox();
    this.#drop(realm, reason, detail);
    if (state === "binding") this.#timers.clear("bind");
    if (state === "open" && realm.outboxBytes > 0) {
      realm.state = "flushing";
      this.#realms.add(realm);
    } else if (state !== "queued" && state !== "ended") {
      this.#sendStatus(now, realm.id, "DISC");
    }
  }

  /** Forgets a realm and tells the application, unless it was the one to close it before. */
  #drop(realm: Realm, reason: CloseReason, detail: string): void {
    this.#forget(realm);
    if (realm.state === "flushing") return;
    this.#events.push({ type: "realmClosed", realm: realm.id, reason, detail });
  }

  #forget(realm: Realm): void {
    this.#realms.delete(realm.id);
  }

  #sendStatus(now: Instant, realm: number, status: "CONN" | "DISC"): void {
    this.#connection.write(now, encodeMessage({ type: "status", realm, status }));
  }
}

/** Writers need not wait for the device's answer: what they write is sent once the realm is open. */
function isWritable(realm: Realm): boolean {
  return realm.state === "queued" || realm.state === "binding" || realm.state === "open";
}
