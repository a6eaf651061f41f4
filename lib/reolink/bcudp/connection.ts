/**
 * One BcUDP connection: a reliable byte stream in each direction over datagrams, between a client and
 * a camera that signaling has brought together. Both ends are this one class.
 *
 * A sans-I/O child: its parent hands it the datagrams of the peer and sends what it returns to
 * `peer`. It has no goodbye of its own; signaling has one.
 *
 * Acknowledgements go out on a clock, whether or not anything has changed: cameras take a link with
 * few of them for a bad one and hang up [observed]. Nothing on the wire tells how much a receiver can
 * take; data that a reader leaves lying is not acknowledged, so the sender comes to a halt.
 *
 * @module
 */

import { tryDecode } from "../../bytes/try_decode.ts";
import { sameEndpoint } from "../../endpoint.ts";
import type { CloseReason, Duration, Endpoint, Instant } from "../../machine.ts";
import { Timers } from "../../timers.ts";
import { AckLatency } from "./ack_latency.ts";
import {
  type BcUdpEvent,
  type BcUdpOptions,
  type BcUdpStats,
  type ResolvedOptions,
  withDefaults,
} from "./connection_options.ts";
import { type AckDatagram, type DataDatagram, decodeBcUdp, encodeBcUdp } from "./datagram.ts";
import { LossMeter } from "./loss_meter.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";

/**
 * - `ack`: the next acknowledgement is due
 * - `resend`: something may have gone unacknowledged for too long
 * - `silence`: the other side may have been silent for too long
 * - `ackSilence`: the other side may have sent no acknowledgement for too long
 * - `stall`: what was sent may have made no progress for too long
 * - `firstData`: the very first packet should have come
 */
type TimerName = "ack" | "resend" | "silence" | "ackSilence" | "stall" | "firstData";

/** How long after the last data the stream still counts as flowing. */
const FLOWING: Duration = 2_000;

/** Least time between unscheduled acknowledgements, or each packet behind a hole would have one. */
const ACK_SPACING: Duration = 2;

/** Packets that are acknowledged at once: else a fast path would be held to one ack in 10 ms. */
const ACK_AFTER_PACKETS = 32;

/** Bytes written and not taken that end the connection, as a multiple of the send buffer. */
const MAX_OVERSHOOT = 32;

export class BcUdpConnection {
  readonly #options: ResolvedOptions;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #timers = new Timers<TimerName>();
  readonly #latency = new AckLatency();
  readonly #lossReceived = new LossMeter();
  readonly #events: BcUdpEvent[] = [];
  readonly #counters = {
    bytesReceived: 0,
    datagramsSent: 0,
    datagramsReceived: 0,
    duplicates: 0,
    outOfOrder: 0,
    bad: 0,
    refused: 0,
  };
  #peer: Endpoint;
  #now: Instant;
  #closed = false;
  #isAckDue = false;
  #wantsSpace = false;
  #packetsSinceAck = 0;
  #lastAckSent: Instant;
  #nextAck: Instant = 0;
  #lastData: Instant;
  #lastHeard: Instant;
  #lastAckHeard: Instant;
  #lastProgress: Instant;

  constructor(now: Instant, options: BcUdpOptions) {
    this.#options = withDefaults(options);
    this.#sender = new Sender(this.#options);
    this.#receiver = new Receiver(this.#options.firstPacketId, this.#options.receiveBuffer);
    this.#peer = options.peer;
    this.#now = now;
    this.#lastAckSent = now;
    this.#lastData = now;
    this.#lastHeard = now;
    this.#lastAckHeard = now;
    this.#lastProgress = now;
    this.#setAck(now + this.#options.ackEvery);
    this.#setLimit("silence", now + this.#options.silenceLimit);
    this.#setLimit("firstData", now + this.#options.firstDataLimit);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Where our datagrams go: follows the other side when its port changes. */
  get peer(): Endpoint {
    return this.#peer;
  }

  /** Whether all that was written has arrived. */
  get drained(): boolean {
    return !this.#sender.isOutstanding && this.#sender.unsentBytes === 0;
  }

  get stats(): BcUdpStats {
    const { bytesSent, resent, srtt, loss } = this.#sender;
    const lossReceived = this.#lossReceived.ratio;
    return { ...this.#counters, bytesSent, resent, srtt, lossSent: loss, lossReceived };
  }

  /** Bytes that may be written now; 0 asks to wait for `writable`. */
  space(): number {
    if (this.#closed) return 0;
    const space = Math.max(0, this.#options.sendBuffer - this.#sender.unsentBytes);
    this.#wantsSpace ||= space === 0;
    return space;
  }

  /**
   * Queues bytes of the stream; the array is handed over for good. Writing more than `space()` is
   * taken, up to where it can only mean that the other side does not read: that ends the connection.
   */
  write(now: Instant, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#now = now;
    if (this.drained) this.#lastProgress = this.#lastAckHeard = now;
    this.#sender.write(bytes);
    if (this.#sender.unsentBytes > MAX_OVERSHOOT * this.#options.sendBuffer) {
      this.#finish("timeout", `${this.#other} does not take what is written`);
    }
  }

  /** The next bytes of the stream, or `undefined` until `readable`. */
  read(): Uint8Array | undefined {
    return this.#receiver.read();
  }

  /** Ends the connection. Says nothing to the other side; what was received can still be read. */
  close(reason: CloseReason = "local", detail = "closed"): void {
    this.#finish(reason, detail);
  }

  /** A valid sign of life came from the peer outside of this connection, e.g. a heartbeat. */
  noteAlive(now: Instant): void {
    this.#lastHeard = Math.max(this.#lastHeard, now);
  }

  /** A datagram for this socket. Never throws; `bytes` is borrowed. */
  handleDatagram(now: Instant, from: Endpoint, bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#now = now;
    this.#counters.datagramsReceived += 1;
    const datagram = from.address === this.#peer.address
      ? tryDecode(() => decodeBcUdp(bytes))
      : undefined;
    const isValid = datagram?.connectionId === this.#options.ownId &&
      (datagram.type === "data" ? this.#handleData(datagram) : this.#handleAck(datagram));
    if (!isValid) {
      this.#counters.bad += 1;
      return;
    }
    this.#lastHeard = now;
    // A NAT in between may give it another port; nobody else knows the connection id.
    if (!sameEndpoint(from, this.#peer)) this.#peer = from;
  }

  handleTimeout(now: Instant): void {
    if (this.#closed) return;
    this.#now = now;
    for (const name of this.#timers.takeDue(now)) this.#handleTimer(name);
  }

  /** The next datagram to be sent to `peer`. */
  pollTransmit(): Uint8Array | undefined {
    if (this.#closed) return undefined;
    const datagram = this.#isAckDue ? this.#makeAck() : this.#sender.take(this.#now);
    if (datagram === undefined) return undefined;
    this.#counters.datagramsSent += 1;
    this.#watchSending();
    return datagram;
  }

  pollEvent(): BcUdpEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#timers.next();
  }

  #handleData({ packetId, payload }: DataDatagram): boolean {
    const now = this.#now;
    const wasEmpty = this.#receiver.unreadBytes === 0;
    const hadHole = this.#receiver.hasHole;
    const before = this.#receiver.unreadBytes;
    const arrival = this.#receiver.accept(packetId, payload);
    if (arrival === "bad") return false;
    if (arrival === "overflow") {
      this.#finish("timeout", `${this.#other} did not send a lost packet again`);
      return true;
    }
    this.#lastData = now;
    this.#packetsSinceAck += 1;
    const isLate = this.#packetsSinceAck >= ACK_AFTER_PACKETS;
    this.#ackBy(isLate ? now : now + this.#options.ackEvery);
    switch (arrival) {
      case "duplicate":
        this.#counters.duplicates += 1;
        return true;
      case "refused":
        this.#counters.refused += 1;
        return true;
      case "out-of-order":
        this.#counters.outOfOrder += 1;
        this.#lossReceived.note(now, 1, 0);
        this.#ackBy(this.#lastAckSent + ACK_SPACING);
        return true;
      case "in-order":
        break;
    }
    this.#timers.clear("firstData");
    this.#counters.bytesReceived += this.#receiver.unreadBytes - before;
    this.#lossReceived.note(now, 1, hadHole ? 1 : 0);
    // What filled a hole may have left another one behind it.
    if (hadHole) this.#ackBy(this.#lastAckSent + ACK_SPACING);
    if (wasEmpty && this.#receiver.unreadBytes > 0) this.#events.push({ type: "readable" });
    return true;
  }

  #handleAck(ack: AckDatagram): boolean {
    const now = this.#now;
    if (ack.bitmap.byteLength > this.#options.maxBitmap) {
      this.#finish("protocol", `${this.#other} sent a bitmap of ${ack.bitmap.byteLength} packets`);
      return true;
    }
    const effect = this.#sender.handleAck(now, ack);
    if (effect === "bad") return false;
    this.#latency.note(now);
    this.#lastAckHeard = now;
    if (effect === "progress") this.#lastProgress = now;
    this.#sender.detectLosses(now);
    this.#offerSpace();
    return true;
  }

  #handleTimer(name: TimerName): void {
    const { silenceLimit, ackSilenceLimit, stallLimit } = this.#options;
    switch (name) {
      case "ack":
        this.#isAckDue = true;
        return;
      case "resend":
        this.#sender.handleTimeout(this.#now);
        return this.#watchSending();
      case "silence":
        return this.#checkLimit(name, this.#lastHeard + silenceLimit, "fell silent");
      case "ackSilence":
        if (!this.#sender.isOutstanding) return;
        return this.#checkLimit(name, this.#lastAckHeard + ackSilenceLimit, "never acknowledges");
      case "stall":
        if (!this.#sender.isOutstanding) return;
        return this.#checkLimit(name, this.#lastProgress + stallLimit, "stopped acknowledging");
      case "firstData":
        return this.#finish("timeout", `${this.#other} never sent its first packet`);
    }
  }

  /** The timers are not moved with every datagram; when one runs out, it may be too early. */
  #checkLimit(name: TimerName, at: Instant, what: string): void {
    if (at <= this.#now) this.#finish("timeout", `${this.#other} ${what}`);
    else this.#timers.set(name, at);
  }

  #setLimit(name: TimerName, at: Instant): void {
    if (Number.isFinite(at)) this.#timers.set(name, at);
  }

  /** Whom we talk to, in words. */
  get #other(): string {
    return this.#options.role === "client" ? "the camera" : "the client";
  }

  /** Something may be outstanding now that was not before. */
  #watchSending(): void {
    if (!this.#sender.isOutstanding) return;
    const { stallLimit, ackSilenceLimit } = this.#options;
    if (!this.#timers.isSet("resend")) {
      this.#setLimit("resend", this.#sender.nextTimeout ?? Infinity);
    }
    if (!this.#timers.isSet("stall")) this.#setLimit("stall", this.#lastProgress + stallLimit);
    if (!this.#timers.isSet("ackSilence")) {
      this.#setLimit("ackSilence", this.#lastAckHeard + ackSilenceLimit);
    }
  }

  /** Makes the next acknowledgement leave at this instant or before. */
  #ackBy(at: Instant): void {
    if (at <= this.#now) this.#isAckDue = true;
    else if (at < this.#nextAck) this.#setAck(at);
  }

  #setAck(at: Instant): void {
    this.#nextAck = at;
    this.#timers.set("ack", at);
  }

  #makeAck(): Uint8Array {
    const isFlowing = this.#now - this.#lastData < FLOWING;
    this.#isAckDue = false;
    this.#packetsSinceAck = 0;
    this.#lastAckSent = this.#now;
    const { ackEvery, idleAckEvery } = this.#options;
    this.#setAck(this.#now + (isFlowing ? ackEvery : idleAckEvery));
    return encodeBcUdp({
      type: "ack",
      connectionId: this.#options.peerId,
      latency: this.#latency.microseconds,
      ...this.#receiver.acknowledgement(),
    });
  }

  #offerSpace(): void {
    const { sendBuffer } = this.#options;
    if (!this.#wantsSpace || this.#sender.unsentBytes > sendBuffer / 2) return;
    this.#wantsSpace = false;
    this.#events.push({ type: "writable" });
  }

  #finish(reason: CloseReason, detail: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timers.clearAll();
    this.#events.push({ type: "closed", reason, detail });
  }
}
