import { Outbox } from "../../bytes/outbox.ts";
import { seqAdd, seqDiff, seqLess, seqLessOrEqual } from "../../bytes/seq.ts";
import type { Instant } from "../../machine.ts";
import { Congestion } from "./congestion.ts";
import type { Segmentation } from "./connection_options.ts";

/** Empty acknowledgements of the same offset after which the head is taken as lost (RFC 5681). */
const DUPLICATE_THRESHOLD = 3;

/** A segment sent and not acknowledged yet. */
export interface Flight {
  readonly seq: number;
  readonly body: Uint8Array;
  /** Whether the body is control data (a connect) and not part of the stream. */
  readonly control: boolean;
  sentAt: Instant;
  transmissions: number;
  /** Taken as lost: to be sent again as soon as the congestion window allows. */
  lost: boolean;
}

/** What an acknowledgement did. */
export type AckEffect =
  /** It acknowledged something new. */
  | "accepted"
  /** It repeated the last one while data is in flight. */
  | "duplicate"
  /** It changed the window at most. */
  | "window"
  /** It lies outside of what is in flight; its window was not believed either. */
  | "ignored";

export interface SenderOptions {
  readonly mss: number;
  readonly segmentation: Segmentation;
  readonly initialSeq: number;
}

/**
 * The sending half of a connection: what is queued, what is in flight, and what may be sent now
 * under the peer's window and the congestion window. It has no timers; `PtcpConnection` has.
 */
export class Sender {
  readonly #mss: number;
  readonly #segmentation: Segmentation;
  readonly #outbox = new Outbox();
  readonly #congestion: Congestion;
  readonly #flight: Flight[] = [];
  #una: number;
  #next: number;
  #peerWindow = 0;
  #lostBytes = 0;
  /** The head goes out again whatever the congestion window says, once. */
  #headIsUrgent = false;
  #duplicates = 0;
  #recover: number;
  #retransmissions = 0;

  constructor(options: SenderOptions) {
    this.#mss = options.mss;
    this.#segmentation = options.segmentation;
    this.#congestion = new Congestion(options.mss);
    this.#una = options.initialSeq;
    this.#next = options.initialSeq;
    this.#recover = options.initialSeq;
  }

  /** The next stream offset to be sent. */
  get next(): number {
    return this.#next;
  }

  get peerWindow(): number {
    return this.#peerWindow;
  }

  get unsentBytes(): number {
    return this.#outbox.byteLength;
  }

  get inFlight(): number {
    return seqDiff(this.#next, this.#una);
  }

  get retransmissions(): number {
    return this.#retransmissions;
  }

  /** The oldest segment in flight. */
  get head(): Flight | undefined {
    return this.#flight[0];
  }

  /** Whether the peer's window alone keeps queued bytes from being sent. */
  get blockedByWindow(): boolean {
    return this.unsentBytes > 0 && this.inFlight === 0 && this.#peerWindow === 0;
  }

  write(bytes: Uint8Array): void {
    this.#outbox.push(bytes);
  }

  /** Puts a control body in flight: it occupies sequence space and is not held up by a window. */
  sendControl(now: Instant, body: Uint8Array): Flight {
    return this.#launch(now, body, true);
  }

  /** Believes the window of a segment whose acknowledgement says nothing, such as a connect's. */
  setPeerWindow(window: number): void {
    this.#peerWindow = window;
  }

  handleAck(ack: number, window: number, empty: boolean): AckEffect {
    if (seqLess(ack, this.#una) || seqLess(this.#next, ack)) return "ignored";
    this.#peerWindow = window;
    if (ack !== this.#una) {
      this.#accept(ack);
      return "accepted";
    }
    if (!empty || this.#flight.length === 0) return "window";
    this.#handleDuplicate();
    return "duplicate";
  }

  /**
   * The segments to put on the wire now, one by one.
   *
   * @param mayCarryData Whether queued bytes may go out, or only what went out before.
   */
  *takeAll(now: Instant, mayCarryData: boolean): Generator<Flight> {
    const take = () => this.#takeLost(now) ?? (mayCarryData ? this.#takeNew(now) : undefined);
    for (let flight = take(); flight !== undefined; flight = take()) yield flight;
  }

  /** The retransmission timeout ran out: everything in flight is taken as lost. */
  handleTimeout(): void {
    this.#congestion.onTimeout(this.inFlight);
    this.#recover = this.#next;
    this.#duplicates = 0;
    for (const flight of this.#flight) this.#markLost(flight);
  }

  /** The peer says that the head is missing. */
  handleRetransmitRequest(): void {
    if (this.head === undefined) return;
    if (!this.#congestion.recovering) this.#enterRecovery();
    this.#resendHead();
  }

  /** Nothing was sent for longer than a timeout. */
  handleIdle(): void {
    this.#congestion.onIdle();
  }

  #accept(ack: number): void {
    const acknowledged = seqDiff(ack, this.#una);
    this.#una = ack;
    this.#duplicates = 0;
    this.#release();
    if (!this.#congestion.recovering) return this.#congestion.onAck();
    if (!seqLess(ack, this.#recover)) return this.#congestion.leaveRecovery(this.inFlight);
    this.#congestion.onPartialAck(acknowledged);
    this.#resendHead();
  }

  /** Drops what `una` has passed. An acknowledgement inside of a segment keeps that segment whole. */
  #release(): void {
    for (let head = this.head; head !== undefined; head = this.head) {
      if (!seqLessOrEqual(seqAdd(head.seq, head.body.byteLength), this.#una)) return;
      if (head.lost) this.#lostBytes -= head.body.byteLength;
      this.#flight.shift();
    }
  }

  #handleDuplicate(): void {
    this.#duplicates += 1;
    if (this.#congestion.recovering) return this.#congestion.onDuplicateInRecovery();
    // Duplicates of what was sent before the last loss was noticed say nothing new (RFC 6582).
    if (this.#duplicates !== DUPLICATE_THRESHOLD || seqLess(this.#una, this.#recover)) return;
    this.#enterRecovery();
    this.#resendHead();
  }

  #enterRecovery(): void {
    this.#congestion.enterRecovery(this.inFlight);
    this.#recover = this.#next;
  }

  #resendHead(): void {
    if (this.head === undefined) return;
    this.#markLost(this.head);
    this.#headIsUrgent = true;
  }

  #markLost(flight: Flight): void {
    if (flight.lost) return;
    flight.lost = true;
    this.#lostBytes += flight.body.byteLength;
  }

  #takeLost(now: Instant): Flight | undefined {
    if (this.#lostBytes === 0) return undefined;
    const pipe = this.inFlight - this.#lostBytes;
    if (!this.#headIsUrgent && pipe > 0 && pipe >= this.#allowance()) return undefined;
    this.#headIsUrgent = false;
    const flight = this.#flight.find((candidate) => candidate.lost);
    if (flight === undefined) return undefined;
    flight.lost = false;
    flight.sentAt = now;
    flight.transmissions += 1;
    this.#lostBytes -= flight.body.byteLength;
    this.#retransmissions += 1;
    return flight;
  }

  #takeNew(now: Instant): Flight | undefined {
    const { firstLength, byteLength } = this.#outbox;
    const wanted = Math.min(this.#mss, this.#segmentation === "records" ? firstLength : byteLength);
    if (wanted === 0) return undefined;
    const pipe = this.inFlight - this.#lostBytes;
    const room = Math.min(this.#peerWindow - this.inFlight, this.#allowance() - pipe);
    if (room >= wanted) return this.#launch(now, this.#outbox.take(wanted), false);
    // Waiting for more room costs nothing while an acknowledgement is due; without one, a small
    // window is used in full.
    if (this.inFlight > 0 || room < 1) return undefined;
    return this.#launch(now, this.#outbox.take(Math.floor(room)), false);
  }

  /** Bytes the network may hold. Each of the first duplicates shows that a segment has left it. */
  #allowance(): number {
    // RFC 3042, limited transmit.
    const limited = this.#congestion.recovering ? 0 : Math.min(this.#duplicates, 2) * this.#mss;
    return this.#congestion.window + limited;
  }

  #launch(now: Instant, body: Uint8Array, control: boolean): Flight {
    const flight = { seq: this.#next, body, control, sentAt: now, transmissions: 1, lost: false };
    this.#flight.push(flight);
    this.#next = seqAdd(this.#next, body.byteLength);
    return flight;
  }
}
