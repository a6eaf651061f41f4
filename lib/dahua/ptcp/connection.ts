/**
 * One PTCP connection: a reliable byte stream over datagrams, as libjingle's PseudoTCP defines it.
 *
 * A sans-I/O child: its parent hands it the datagrams of one peer and sends what it returns. Bytes
 * are pulled with `read()`, so that a parent that stops reading closes the advertised window.
 *
 * @module
 */

import { seqAdd, seqDiff } from "../../bytes/seq.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import type { CloseReason, Duration, Instant } from "../../machine.ts";
import { Timers } from "../../timers.ts";
import {
  type ConnectionEvent,
  type ConnectionOptions,
  type ConnectionStats,
  type ResolvedOptions,
  withDefaults,
} from "./connection_options.ts";
import { decodeConnectBody, encodeConnectBody } from "./connect_body.ts";
import { Receiver } from "./receiver.ts";
import { connectWait, RttEstimator } from "./rtt.ts";
import { decodeSegment, encodeSegment, type Segment, SegmentFlag } from "./segment.ts";
import { roundTrip } from "./round_trip.ts";
import { Sender } from "./sender.ts";
import { NUDGE_ACKS, Nudger, SILENCE } from "./nudger.ts";
import { PtcpClock } from "./ptcp_clock.ts";
import { isRetransmitRequest } from "./retransmit_request.ts";
import { WindowProbe } from "./window_probe.ts";
import { roundedBuffer, shiftFor } from "./window_scale.ts";

/**
 * - `ack`: an acknowledgement has waited long enough for company
 * - `retransmit`: the oldest segment in flight was not acknowledged in time
 * - `probe`: ask a peer with a closed window whether it has opened
 * - `nudge`: data came a moment ago, and now nothing does
 * - `connect`: the handshake took too long
 * - `linger`: closing waited long enough for the last bytes to be acknowledged
 */
type TimerName = "ack" | "retransmit" | "probe" | "nudge" | "connect" | "linger";

type State = "idle" | "listening" | "connecting" | "accepting" | "established" | "closed";

const CONNECT_DEADLINE: Duration = 10_000;
const LINGER: Duration = 1_000;

/** PseudoTCP goes up to 60 s; a live picture that waited so long would not be one. */
const MAX_RTO: Duration = 4_000;
const INITIAL_RTO: Duration = 1_000;

/** Least time between answers to empty segments, or two confused ends would answer for ever. */
const EMPTY_ANSWER_SPACING: Duration = 10;

const EMPTY = new Uint8Array(0);

export class PtcpConnection {
  readonly #options: ResolvedOptions;
  readonly #atMessageBoundary: () => boolean;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #rtt: RttEstimator;
  readonly #timers = new Timers<TimerName>();
  readonly #clock = new PtcpClock();
  readonly #nudger = new Nudger();
  readonly #probe = new WindowProbe();
  readonly #out: Uint8Array[] = [];
  readonly #events: ConnectionEvent[] = [];
  readonly #counters = {
    bytesSent: 0,
    bytesReceived: 0,
    segmentsSent: 0,
    segmentsReceived: 0,
    outOfOrder: 0,
    filledHoles: 0,
    rejected: 0,
  };
  #state: State;
  #closing = false;
  #peerShift = 0;
  #ownShift: number;
  #tsRecent = 0;
  #lastAckSent = 0;
  #ackNow = false;
  #lastHeard: Instant = 0;
  #lastProgress: Instant = 0;
  #lastSent: Instant = 0;
  #lastEmptyAnswer: Instant = -Infinity;
  #lastRequestServed: Instant = -Infinity;

  constructor(options: ConnectionOptions) {
    this.#options = withDefaults(options);
    this.#atMessageBoundary = options.atMessageBoundary ?? (() => false);
    const { mss, segmentation, initialSeq, receiveBuffer } = this.#options;
    this.#ownShift = shiftFor(receiveBuffer);
    this.#sender = new Sender({ mss, segmentation, initialSeq });
    this.#receiver = new Receiver(roundedBuffer(receiveBuffer), mss);
    this.#rtt = new RttEstimator({
      initial: INITIAL_RTO,
      min: this.#options.minRto,
      max: MAX_RTO,
    });
    this.#state = options.role === "listen" ? "listening" : "idle";
  }

  get established(): boolean {
    return this.#state === "established";
  }
  get closed(): boolean {
    return this.#state === "closed";
  }

  /** Bytes written and not yet on the wire. Keep it small where messages must not queue. */
  get unsentBytes(): number {
    return this.#sender.unsentBytes;
  }

  /** Bytes received in order that nobody has read. */
  get unreadBytes(): number {
    return this.#receiver.unreadBytes;
  }

  /** The instant of the last valid segment from the peer. */
  get lastHeard(): Instant {
    return this.#lastHeard;
  }

  get stats(): ConnectionStats {
    return {
      ...this.#counters,
      retransmissions: this.#sender.retransmissions,
      srtt: this.#rtt.srtt,
    };
  }

  /** Starts the handshake. */
  connect(now: Instant): void {
    if (this.#state !== "idle") {
      throw new Error(`Cannot connect as the connection must be idle: it is ${this.#state}`);
    }
    this.#state = "connecting";
    this.#lastHeard = now;
    this.#timers.set("connect", now + CONNECT_DEADLINE);
    this.#sendConnect(now);
  }

  /** Queues bytes of the stream; one call is one record. The array is handed over for good. */
  write(now: Instant, bytes: Uint8Array): void {
    if (this.#state === "closed" || this.#closing) return;
    const isIdle = this.#sender.inFlight === 0 && now - this.#lastSent > this.#rtt.rto;
    if (this.#state === "established" && isIdle) this.#sender.handleIdle();
    this.#sender.write(bytes);
    this.#flush(now);
  }

  /** The next bytes of the stream: the body of one segment, or what of it was new. */
  read(now: Instant): Uint8Array | undefined {
    const chunk = this.#receiver.read();
    if (chunk?.reopened) {
      this.#ackNow = true;
      this.#flush(now);
    }
    return chunk?.bytes;
  }

  /**
   * Ends the connection once what was written is acknowledged, or a second has passed. There is no
   * orderly close on the wire; a reset is sent as a courtesy, for peers that honour it.
   */
  close(now: Instant): void {
    if (this.#state === "closed" || this.#closing) return;
    if (this.#state !== "established") return this.abort(now, "local", "closed before it was open");
    this.#closing = true;
    this.#timers.set("linger", now + LINGER);
    this.#finishIfDrained(now);
  }

  /** Ends the connection at once. */
  abort(now: Instant, reason: CloseReason, detail: string): void {
    if (this.#state === "closed") return;
    if (this.#state === "established") this.#emitSegment(now, SegmentFlag.reset, EMPTY);
    this.#finish(reason, detail);
  }

  /** A datagram from this connection's peer. Never throws; `bytes` is borrowed. */
  handleDatagram(now: Instant, bytes: Uint8Array): void {
    if (this.#state === "closed" || this.#state === "idle") return;
    const segment = tryDecode(() => decodeSegment(bytes));
    if (segment === undefined) {
      this.#counters.rejected += 1;
      return;
    }
    this.#counters.segmentsReceived += 1;
    this.#handleSegment(now, segment);
    this.#flush(now);
    this.#finishIfDrained(now);
  }

  handleTimeout(now: Instant): void {
    for (const name of this.#timers.takeDue(now)) this.#handleTimer(now, name);
    this.#flush(now);
  }

  pollTransmit(): Uint8Array | undefined {
    return this.#out.shift();
  }

  pollEvent(): ConnectionEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#timers.next();
  }

  #handleSegment(now: Instant, segment: Segment): void {
    if (segment.flags & SegmentFlag.reset) {
      return this.#finish("peer", "the other side reset the connection");
    }
    if (this.#state === "listening" || this.#state === "connecting") {
      return this.#handleHandshake(now, segment);
    }
    if (isRetransmitRequest(segment, this.#receiver.next, this.#atMessageBoundary)) {
      return this.#handleRetransmitRequest(now, segment);
    }
    if (segment.flags & SegmentFlag.control) return this.#handleControl(now, segment);
    if (!this.#acknowledge(now, segment)) return;
    if (this.#state === "accepting") this.#becomeEstablished(now);
    this.#receive(now, segment);
  }

  /** The first connect segment of the peer, in either role. */
  #handleHandshake(now: Instant, segment: Segment): void {
    const options = segment.flags & SegmentFlag.control
      ? decodeConnectBody(segment.body)
      : undefined;
    if (options === undefined) {
      this.#counters.rejected += 1;
      return;
    }
    this.#lastHeard = now;
    this.#peerShift = options.shift ?? 0;
    this.#receiver.start(seqAdd(segment.seq, segment.body.byteLength));
    this.#tsRecent = segment.tsval;
    if (this.#state === "listening") {
      this.#sender.setPeerWindow(segment.window << this.#peerShift);
      this.#state = "accepting";
      this.#timers.set("connect", now + CONNECT_DEADLINE);
      return this.#sendConnect(now);
    }
    this.#acknowledge(now, segment);
    this.#becomeEstablished(now);
    // The listener sends nothing before it has seen a segment of ours that is not a connect. What
    // the application writes on this event will do; failing that, the acknowledgement is it.
    this.#timers.set("ack", now + this.#options.ackDelay);
  }

  #becomeEstablished(now: Instant): void {
    this.#state = "established";
    this.#lastProgress = now;
    this.#timers.clear("connect");
    this.#events.push({ type: "connected" });
  }

  /** A control segment after the handshake: only a repeated connect means anything. */
  #handleControl(now: Instant, segment: Segment): void {
    if (decodeConnectBody(segment.body) === undefined) {
      this.#counters.rejected += 1;
      return;
    }
    this.#lastHeard = now;
    this.#acknowledge(now, segment);
    this.#ackNow = true;
  }

  #handleRetransmitRequest(now: Instant, segment: Segment): void {
    if (!this.#acknowledge(now, segment)) return;
    if (now - this.#lastRequestServed < Math.max(this.#rtt.srtt ?? 0, EMPTY_ANSWER_SPACING)) return;
    this.#lastRequestServed = now;
    this.#sender.handleRetransmitRequest();
  }

  /** Processes `ack`, `wnd` and the timestamps. False when the whole segment must be dropped. */
  #acknowledge(now: Instant, segment: Segment): boolean {
    const sinceEcho = this.#clock.elapsedSince(now, segment.tsecr);
    if (sinceEcho === "future") {
      this.#counters.rejected += 1;
      return false;
    }
    this.#noteHeard(now);
    const rtt = roundTrip(now, this.#sender.head, segment.tsecr === 0 ? undefined : sinceEcho);
    const window = segment.window << this.#peerShift;
    const effect = this.#sender.handleAck(segment.ack, window, segment.body.byteLength === 0);
    if (effect === "ignored") return true;
    this.#probe.note(now, window);
    if (window > 0) this.#timers.clear("probe");
    if (effect !== "accepted") return true;
    this.#lastProgress = now;
    if (rtt !== undefined) this.#rtt.sample(rtt);
    if (this.#sender.inFlight === 0) this.#timers.clear("retransmit");
    else this.#timers.set("retransmit", now + this.#rtt.rto);
    return true;
  }

  /** A peer that is heard again after a silence has what was sent meanwhile sent again at once. */
  #noteHeard(now: Instant): void {
    if (this.established && now - this.#lastHeard >= SILENCE && this.#sender.inFlight > 0) {
      this.#sender.handleRetransmitRequest();
    }
    this.#lastHeard = now;
  }

  #receive(now: Instant, segment: Segment): void {
    const { seq, body } = segment;
    const covered = seqDiff(this.#lastAckSent, seq);
    if (covered >= 0 && covered < body.byteLength) this.#tsRecent = segment.tsval;
    if (body.byteLength === 0) {
      if (seq !== this.#receiver.next) this.#answerEmpty(now);
      return;
    }
    // No device nudges, and naive clients stumble over segments they do not expect.
    if (this.#options.role === "connect") this.#timers.set("nudge", this.#nudger.onData(now));
    const before = this.#receiver.next;
    const arrival = this.#receiver.accept(seq, body);
    this.#counters.bytesReceived += seqDiff(this.#receiver.next, before);
    if (arrival !== "out-of-order") this.#events.push({ type: "readable" });
    if (arrival !== "in-order") {
      this.#counters.outOfOrder += 1;
      if (arrival === "filled-hole") this.#counters.filledHoles += 1;
      // A separate empty segment, since one with a body would not count as a duplicate.
      this.#emitSegment(now, 0, EMPTY);
      return;
    }
    if (this.#timers.isSet("ack")) this.#ackNow = true;
    else this.#timers.set("ack", now + this.#options.ackDelay);
  }

  #answerEmpty(now: Instant): void {
    const wait = this.#lastEmptyAnswer + EMPTY_ANSWER_SPACING - now;
    if (wait > 0) {
      if (!this.#timers.isSet("ack")) this.#timers.set("ack", now + wait);
      return;
    }
    this.#lastEmptyAnswer = now;
    this.#ackNow = true;
  }

  #handleTimer(now: Instant, name: TimerName): void {
    switch (name) {
      case "ack":
        this.#ackNow = true;
        return;
      case "retransmit":
        return this.#handleRetransmitTimeout(now);
      case "probe":
        return this.#handleProbeTimeout(now);
      case "nudge":
        return this.#handleNudge(now);
      case "connect":
        return this.#finish("timeout", "the other side did not answer the handshake");
      case "linger":
        return this.abort(now, "local", "closed");
    }
  }

  #handleRetransmitTimeout(now: Instant): void {
    if (this.#state !== "established") {
      const head = this.#sender.head;
      if (head !== undefined) this.#timers.set("retransmit", now + connectWait(head.transmissions));
    } else if (now - this.#lastProgress >= this.#options.giveUpAfter) {
      return this.#finish("timeout", "the other side stopped acknowledging");
    } else {
      this.#rtt.backOff();
      this.#timers.set("retransmit", now + this.#rtt.rto);
    }
    this.#sender.handleTimeout();
  }

  #handleNudge(now: Instant): void {
    const { nudge, next } = this.#nudger.look(now, this.#lastHeard);
    if (next !== undefined) this.#timers.set("nudge", next);
    for (let i = 0; nudge && i < NUDGE_ACKS; i++) this.#emitSegment(now, 0, EMPTY);
  }

  #handleProbeTimeout(now: Instant): void {
    if (!this.#sender.blockedByWindow) return;
    const decision = this.#probe.decide(now, this.#lastHeard);
    if (decision.type === "giveUp") return this.#finish("timeout", decision.detail);
    this.#timers.set("probe", now + decision.wait);
    this.#emitSegment(now, 0, EMPTY, seqAdd(this.#sender.next, -1));
  }

  /** Sends what may be sent now, and an acknowledgement if one is due and nothing carried it. */
  #flush(now: Instant): void {
    if (this.#state === "closed") return;
    // Before the handshake is done, only a connect of ours may go out again.
    const established = this.#state === "established";
    for (const flight of this.#sender.takeAll(now, established)) {
      if (flight.transmissions === 1) this.#counters.bytesSent += flight.body.byteLength;
      const flags = flight.control ? SegmentFlag.control : 0;
      this.#emitSegment(now, flags, flight.body, flight.seq);
    }
    if (this.#ackNow) this.#emitSegment(now, 0, EMPTY);
    if (this.#sender.inFlight > 0 && !this.#timers.isSet("retransmit")) {
      this.#lastProgress = now;
      this.#timers.set("retransmit", now + this.#rtt.rto);
    }
    if (established && this.#sender.blockedByWindow && !this.#timers.isSet("probe")) {
      this.#timers.set("probe", now + this.#probe.first(this.#rtt.rto));
    }
  }

  #sendConnect(now: Instant): void {
    const flight = this.#sender.sendControl(now, encodeConnectBody(this.#ownShift));
    this.#timers.set("retransmit", now + connectWait(flight.transmissions));
    this.#emitSegment(now, SegmentFlag.control, flight.body, flight.seq);
  }

  #emitSegment(now: Instant, flags: number, body: Uint8Array, seq = this.#sender.next): void {
    const ack = this.#state === "connecting" ? 0 : this.#receiver.next;
    this.#out.push(encodeSegment({
      seq,
      ack,
      flags,
      window: this.#receiver.window >>> this.#ownShift,
      tsval: this.#clock.stamp(now),
      tsecr: this.#tsRecent,
      body,
    }));
    this.#lastAckSent = ack;
    this.#ackNow = false;
    this.#timers.clear("ack");
    this.#lastSent = now;
    this.#counters.segmentsSent += 1;
  }

  #finishIfDrained(now: Instant): void {
    if (!this.#closing || this.#state === "closed") return;
    if (this.#sender.inFlight === 0 && this.#sender.unsentBytes === 0) {
      this.abort(now, "local", "closed");
    }
  }

  #finish(reason: CloseReason, detail: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#timers.clearAll();
    this.#events.push({ type: "closed", reason, detail });
  }
}
