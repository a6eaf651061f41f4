import { Outbox } from "../../bytes/outbox.ts";
import { seqAdd, seqDiff } from "../../bytes/seq.ts";
import type { Duration, Instant } from "../../machine.ts";
import { Congestion } from "./congestion.ts";
import { type AckDatagram, encodeBcUdp, MAX_PAYLOAD } from "./datagram.ts";
import { LossMeter } from "./loss_meter.ts";
import { RoundTrip } from "./round_trip.ts";

/** How much longer a datagram may take than a later one that has arrived; then it is lost. */
const MAX_REORDERING: Duration = 20;

/**
 * Acknowledgements come on a clock: one that comes so much later than two round trips after a packet
 * was sent, and does not tell of it, tells that it is lost.
 */
const OVERDUE: Duration = 100;

/** Loss comes with queueing when a round trip takes this much longer than twice the shortest. */
const QUEUEING: Duration = 40;

/** A packet sent and not known to be behind the acknowledged part of the stream. */
interface Flight {
  readonly packetId: number;
  readonly datagram: Uint8Array;
  readonly firstSentAt: Instant;
  sentAt: Instant;
  /** Counts all sendings of all packets. */
  order: number;
  transmissions: number;
  /** `flying`: on its way; `lost`: to be sent again; `arrived`: waits for those before it. */
  state: "flying" | "lost" | "arrived";
}

export interface SenderOptions {
  readonly peerId: number;
  readonly window: number;
  readonly resendAfter: Duration;
  readonly firstPacketId: number;
}

/**
 * The sending half of a connection: what is queued, what is on its way, and what may be sent now. It
 * has no timers; the connection has.
 *
 * A packet is taken as lost when one sent later has arrived and it has had the time to (as RFC 8985
 * does for TCP, also for packets sent again), when acknowledgements keep coming that do not tell of
 * it, or when it has gone unacknowledged for long.
 */
export class Sender {
  readonly #options: SenderOptions;
  readonly #outbox = new Outbox();
  readonly #congestion: Congestion;
  readonly #roundTrip = new RoundTrip();
  readonly #loss = new LossMeter();
  /** In the order of their ids, without gaps: the first one is the oldest unacknowledged. */
  readonly #flights: Flight[] = [];
  #next: number;
  #flying = 0;
  #lost = 0;
  #resent = 0;
  #bytesSent = 0;
  #sendings = 0;
  /** A round has ended once a later sending has arrived. */
  #roundEnd = 0;
  /** The latest sending known to have arrived. */
  #newestArrival = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#congestion = new Congestion(options.window);
    this.#next = options.firstPacketId;
  }

  /** Bytes written and not sent even once. */
  get unsentBytes(): number {
    return this.#outbox.byteLength;
  }

  /** Whether something sent is not acknowledged. */
  get isOutstanding(): boolean {
    return this.#flights.length > 0;
  }

  get resent(): number {
    return this.#resent;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  get srtt(): Duration | undefined {
    return this.#roundTrip.smoothed;
  }

  /** Share of packets taken as lost of late. */
  get loss(): number {
    return this.#loss.ratio;
  }

  write(bytes: Uint8Array): void {
    this.#outbox.push(bytes);
  }

  /** The next datagram that may be sent now. */
  take(now: Instant): Uint8Array | undefined {
    if (this.#lost === 0 && this.unsentBytes === 0) return undefined;
    if (this.#flying >= this.#congestion.window) {
      this.#congestion.onLimited();
      return undefined;
    }
    return this.#takeLost(now) ?? this.#takeNew(now);
  }

  /**
   * Takes an acknowledgement. Returns whether it acknowledged anything new, or `bad` when it
   * acknowledges what was never sent.
   */
  handleAck(now: Instant, { packetId, bitmap }: AckDatagram): "progress" | "nothing" | "bad" {
    if (packetId === undefined) return "nothing";
    const first = this.#first;
    const end = seqAdd(packetId, 1);
    if (seqDiff(end, this.#next) > 0) return "bad";
    const newestArrived = bitmap.lastIndexOf(1);
    if (seqDiff(seqAdd(end, newestArrived), this.#next) >= 0) return "bad";

    const arrived = this.#markArrived(now, end, bitmap);
    this.#release(end);
    if (arrived === 0 && first === this.#first) return "nothing";
    this.#congestion.onDelivered(arrived);
    this.#loss.note(now, arrived, 0);
    if (this.#newestArrival > this.#roundEnd) this.#endRound();
    return "progress";
  }

  /** An acknowledgement has come: looks for packets that it would have told of, had they arrived. */
  detectLosses(now: Instant): void {
    const { latest, shortest, smoothed = Infinity } = this.#roundTrip;
    const overtaken = latest + Math.min(shortest / 4, MAX_REORDERING);
    const overdue = 2 * smoothed + OVERDUE;
    let lost = 0;
    for (const flight of this.#flights) {
      if (flight.state !== "flying") continue;
      const patience = flight.order < this.#newestArrival ? overtaken : overdue;
      if (now - flight.sentAt < patience) continue;
      this.#markLost(flight);
      lost += 1;
    }
    this.#noteLost(now, lost);
  }

  /** Packets that have gone unacknowledged for too long are to be sent again. */
  handleTimeout(now: Instant): void {
    const limit = this.#resendAfter;
    let lost = 0;
    for (const flight of this.#flights) {
      if (flight.state !== "flying" || flight.sentAt + limit > now) continue;
      this.#markLost(flight);
      lost += 1;
    }
    if (lost === 0) return;
    this.#noteLost(now, lost);
    this.#congestion.onTimeout();
    this.#roundEnd = this.#sendings;
  }

  /** When `handleTimeout` has something to do, if nothing comes before. */
  get nextTimeout(): Instant | undefined {
    let oldest = Infinity;
    for (const flight of this.#flights) {
      if (flight.state === "flying") oldest = Math.min(oldest, flight.sentAt);
    }
    return oldest === Infinity ? undefined : oldest + this.#resendAfter;
  }

  /** A path slower than cameras expect would otherwise be sent everything twice. */
  get #resendAfter(): Duration {
    return Math.max(this.#options.resendAfter, 2 * (this.srtt ?? 0));
  }

  /** The oldest packet not acknowledged. */
  get #first(): number {
    return seqAdd(this.#next, -this.#flights.length);
  }

  /** Returns how many packets were not known to have arrived. */
  #markArrived(now: Instant, end: number, bitmap: Uint8Array): number {
    let arrived = 0;
    for (const flight of this.#flights) {
      const place = seqDiff(flight.packetId, end);
      if (place >= bitmap.byteLength) break;
      if (flight.state === "arrived" || (place >= 0 && bitmap[place] !== 1)) continue;
      this.#sampleRoundTrip(now, flight);
      if (flight.state === "flying") this.#flying -= 1;
      else this.#lost -= 1;
      flight.state = "arrived";
      arrived += 1;
    }
    return arrived;
  }

  #release(end: number): void {
    const done = seqDiff(end, this.#first);
    if (done > 0) this.#flights.splice(0, done);
  }

  #sampleRoundTrip(now: Instant, flight: Flight): void {
    const sinceSent = now - flight.sentAt;
    if (flight.transmissions === 1) {
      this.#roundTrip.sample(sinceSent);
    } else if (this.#roundTrip.smoothed === undefined || this.#roundTrip.isTooEarly(sinceSent)) {
      // It was an earlier sending that arrived; of two, the first one.
      return this.#roundTrip.sample(now - flight.firstSentAt);
    }
    this.#newestArrival = Math.max(this.#newestArrival, flight.order);
  }

  #endRound(): void {
    const { smoothed = 0, shortest } = this.#roundTrip;
    this.#congestion.endRound(smoothed > 2 * shortest + QUEUEING);
    this.#roundEnd = this.#sendings;
  }

  #markLost(flight: Flight): void {
    flight.state = "lost";
    this.#flying -= 1;
    this.#lost += 1;
  }

  #noteLost(now: Instant, count: number): void {
    if (count === 0) return;
    this.#congestion.onLost(count);
    this.#loss.note(now, count, count);
  }

  #takeLost(now: Instant): Uint8Array | undefined {
    if (this.#lost === 0) return undefined;
    const flight = this.#flights.find(({ state }) => state === "lost");
    if (flight === undefined) return undefined;
    flight.state = "flying";
    flight.sentAt = now;
    flight.order = ++this.#sendings;
    flight.transmissions += 1;
    this.#lost -= 1;
    this.#flying += 1;
    this.#resent += 1;
    return flight.datagram;
  }

  #takeNew(now: Instant): Uint8Array | undefined {
    if (this.unsentBytes === 0 || this.#flights.length >= this.#options.window) return undefined;
    const payload = this.#outbox.take(Math.min(MAX_PAYLOAD, this.unsentBytes));
    const packetId = this.#next;
    const connectionId = this.#options.peerId;
    const datagram = encodeBcUdp({ type: "data", connectionId, packetId, payload });
    this.#flights.push({
      packetId,
      datagram,
      firstSentAt: now,
      sentAt: now,
      order: ++this.#sendings,
      transmissions: 1,
      state: "flying",
    });
    this.#next = seqAdd(packetId, 1);
    this.#flying += 1;
    this.#bytesSent += payload.byteLength;
    return datagram;
  }
}
