/**
 * Hole punching as the Dahua family does it: connectivity checks with STUN messages all of whose
 * bits are inverted [wire], on the LAN and the public candidates of a device at once.
 *
 * Clients that work today send one request, take whatever comes back as the transaction id of a
 * success response, and count the datagrams that follow [impl]. Nothing is counted here: a candidate
 * is valid once it has answered a check or asked us, and whoever asks plausibly gets an answer.
 *
 * @module
 */

import { concatBytes, equalBytes, toHex } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import { formatEndpoint } from "../endpoint.ts";
import type {
  CloseReason,
  Duration,
  Endpoint,
  Entropy,
  Instant,
  Machine,
  Transmit,
} from "../machine.ts";
import { type Candidate, isPrivateAddress, isUsable } from "../nat/candidate.ts";
import {
  type Check,
  CheckList,
  type CheckTiming,
  type Decision,
  DEFAULT_CHECK_TIMING,
} from "../nat/check_list.ts";
import { SourceLimiter } from "../nat/rate_limit.ts";
import {
  BINDING_REQUEST,
  BINDING_SUCCESS,
  decodeStun,
  encodeStun,
  invert,
  MAGIC_COOKIE,
  type StunMessage,
} from "../stun/message.ts";

export interface PunchOptions {
  /** Name of the socket whose address the device was told: its NAT mapping is the one that counts. */
  readonly via: string;
  /** The 8 bytes we sent as `Identify`. */
  readonly identify: Uint8Array;
  /** The 8 bytes the device answered with, if it did. */
  readonly peerIdentify?: Uint8Array | undefined;
  /** Where the device may be reached. Those of kind `relay` are left out. */
  readonly candidates: readonly Candidate[];
  readonly entropy: Entropy;
  readonly timing?: CheckTiming;
}

export interface CandidateFailure {
  readonly candidate: Candidate;
  /** Checks sent to it in vain. */
  readonly checks: number;
  readonly why: string;
}

export type PunchEvent =
  /** A candidate works. `roundTrip` is unknown when it asked us before it answered. */
  | {
    readonly type: "valid";
    readonly candidate: Candidate;
    readonly roundTrip: Duration | undefined;
  }
  /** The endpoint to use. */
  | { readonly type: "nominated"; readonly candidate: Candidate; readonly endpoint: Endpoint }
  /** No candidate works; those who ask are still answered. */
  | { readonly type: "failed"; readonly failures: readonly CandidateFailure[] }
  | { readonly type: "closed"; readonly reason: CloseReason };

/** Datagrams and answers that came to nothing, by cause. */
export interface PunchCounters {
  undecodable: number;
  /** Requests from where no device of ours can be. */
  stranger: number;
  /** Responses to no check of ours. */
  unmatched: number;
  /** Answers not sent as too many were asked for. */
  limited: number;
  /** Endpoints not learned as there were too many. */
  unlearned: number;
}

/** Endpoints nobody named that a device may be found at, e.g. behind a symmetric NAT. */
export const MAX_LEARNED = 4;

/** Checks whose answer is still recognised. */
export const MAX_CHECKS_IN_FLIGHT = 64;

/** The largest datagram looked at. Those seen have 32 to 44 bytes. */
const MAX_DATAGRAM = 512;

/** A device sends about half a dozen datagrams at once [impl]. */
const ANSWERS_PER_SOURCE = { perSecond: 10, burst: 20 };
const ANSWERS_OVERALL = { perSecond: 20, burst: 40 };

interface SentCheck {
  readonly at: Instant;
  confirmed: boolean;
}

/** Whether a datagram's first byte is one that only inverted STUN begins with. */
export function isPunchDatagram(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff || bytes[0] === 0xfe;
}

/** Finds the endpoint of a device that works best, and answers its checks for as long as it lives. */
export class Punch implements Machine<PunchEvent> {
  readonly counters: PunchCounters = {
    undecodable: 0,
    stranger: 0,
    unmatched: 0,
    limited: 0,
    unlearned: 0,
  };

  readonly #options: PunchOptions;
  readonly #startedAt: Instant;
  readonly #list: CheckList;
  readonly #limiter = new SourceLimiter(ANSWERS_PER_SOURCE, ANSWERS_OVERALL);
  /** By the last 12 bytes of the transaction id as hex, oldest first. */
  readonly #sent = new Map<string, SentCheck>();
  readonly #transmits: Transmit[] = [];
  readonly #events: PunchEvent[] = [];
  #learned = 0;
  #closed = false;

  constructor(now: Instant, options: PunchOptions) {
    this.#options = options;
    this.#startedAt = now;
    this.#list = new CheckList(now, options.timing ?? DEFAULT_CHECK_TIMING);
    for (const candidate of options.candidates) {
      if (candidate.kind !== "relay") this.#list.add(now, candidate);
    }
    this.#advance(now);
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): void {
    if (this.#closed || via !== this.#options.via || !isUsable(from)) return;
    const message = this.#decode(bytes);
    if (message === undefined) return;
    if (message.type === BINDING_REQUEST) this.#onRequest(now, from, message);
    else this.#onResponse(now, from, message);
    this.#advance(now);
  }

  handleTimeout(now: Instant): void {
    if (!this.#closed) this.#advance(now);
  }

  /** What was nominated is in use: no more checks. Those who ask are still answered. */
  settle(): void {
    this.#list.settle();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#list.settle();
    this.#events.push({ type: "closed", reason: "local" });
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.shift();
  }

  pollEvent(): PunchEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    return this.#list.pollTimeout();
  }

  #decode(bytes: Uint8Array): StunMessage | undefined {
    try {
      if (bytes.byteLength > MAX_DATAGRAM) throw new DecodeError("Datagram is too long");
      const message = decodeStun(invert(bytes));
      if (message.type === BINDING_REQUEST || message.type === BINDING_SUCCESS) return message;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
    this.counters.undecodable += 1;
    return undefined;
  }

  #onRequest(now: Instant, from: Endpoint, request: StunMessage): void {
    if (!this.#isPlausible(from, request)) {
      this.counters.stranger += 1;
      return;
    }
    this.#markValid(now, from);
    this.#answer(now, from, request.transactionId);
  }

  #onResponse(now: Instant, from: Endpoint, response: StunMessage): void {
    // Some parties keep their own first four bytes when they answer [impl].
    const sent = this.#sent.get(toHex(response.transactionId.subarray(4)));
    if (sent === undefined) {
      this.counters.unmatched += 1;
      return;
    }
    this.#markValid(now, from, now - sent.at);
    if (sent.confirmed) return;
    // All clients known to work send a success response with the id of what came back; some devices
    // wait for it [impl].
    sent.confirmed = true;
    this.#answer(now, from, response.transactionId);
  }

  /**
   * Whether a request may be the device's: it comes from one of its addresses, or it bears the
   * tie-breaker that only the two of us know. Any port will do: that is what NATs change.
   */
  #isPlausible(from: Endpoint, request: StunMessage): boolean {
    const { identify, peerIdentify } = this.#options;
    if (this.#list.checks.some(({ candidate }) => candidate.endpoint.address === from.address)) {
      return true;
    }
    return request.attributes.some((attribute) =>
      (attribute.type === "ice-controlling" || attribute.type === "ice-controlled") &&
      [identify, peerIdentify].some((own) => own && equalBytes(own, attribute.tieBreaker))
    );
  }

  #markValid(now: Instant, from: Endpoint, roundTrip?: Duration): void {
    if (this.#list.find(from) === undefined) this.#learn(now, from);
    const check = this.#list.markValid(now, from, roundTrip);
    if (check === undefined) return;
    this.#events.push({
      type: "valid",
      candidate: check.candidate,
      roundTrip: check.roundTrip,
    });
  }

  /** A peer-reflexive candidate (RFC 8445 section 7.3.1.3): found at an endpoint nobody named. */
  #learn(now: Instant, endpoint: Endpoint): void {
    const named = this.#list.checks.find(({ candidate }) =>
      candidate.endpoint.address === endpoint.address
    );
    const kind = named?.candidate.kind ?? (isPrivateAddress(endpoint.address) ? "host" : "srflx");
    const added = this.#learned < MAX_LEARNED && this.#list.add(now, { kind, endpoint });
    if (added) this.#learned += 1;
    else this.counters.unlearned += 1;
  }

  #advance(now: Instant): void {
    const decision = this.#list.decide(now);
    if (decision !== undefined) this.#announce(now, decision);
    for (const candidate of this.#list.takeDue(now)) this.#check(now, candidate.endpoint);
  }

  #announce(now: Instant, decision: Decision): void {
    if (decision.type === "nominated") {
      const { candidate } = decision.check;
      this.#events.push({ type: "nominated", candidate, endpoint: candidate.endpoint });
      return;
    }
    const seconds = ((now - this.#startedAt) / 1000).toFixed(1);
    this.#events.push({
      type: "failed",
      failures: decision.checks.map(({ candidate, sent }: Check) => ({
        candidate,
        checks: sent,
        why: `no answer to ${sent} checks in ${seconds} s`,
      })),
    });
  }

  #check(now: Instant, to: Endpoint): void {
    const random = this.#options.entropy(12);
    this.#sent.set(toHex(random), { at: now, confirmed: false });
    if (this.#sent.size > MAX_CHECKS_IN_FLIGHT) {
      const [oldest] = this.#sent.keys();
      if (oldest !== undefined) this.#sent.delete(oldest);
    }
    this.#send(to, {
      type: BINDING_REQUEST,
      transactionId: concatBytes([MAGIC_COOKIE, random]),
      attributes: [
        { type: "ice-controlling", tieBreaker: this.#options.identify },
        { type: "source-address", endpoint: to },
      ],
    });
  }

  #answer(now: Instant, to: Endpoint, transactionId: Uint8Array): void {
    if (!this.#limiter.allow(now, formatEndpoint(to))) {
      this.counters.limited += 1;
      return;
    }
    this.#send(to, this.#success(to, transactionId));
    if (equalBytes(transactionId.subarray(0, 4), MAGIC_COOKIE)) return;
    // Clients known to work send their own first four bytes whatever they were asked with [impl].
    const ours = concatBytes([MAGIC_COOKIE, transactionId.subarray(4)]);
    this.#send(to, this.#success(to, ours));
  }

  #success(to: Endpoint, transactionId: Uint8Array): StunMessage {
    // Working clients name the device's LAN address here [impl].
    const lan = this.#list.checks.find(({ candidate }) => candidate.kind === "host");
    return {
      type: BINDING_SUCCESS,
      transactionId,
      attributes: [
        { type: "ice-controlled", tieBreaker: this.#options.identify },
        { type: "source-address", endpoint: lan?.candidate.endpoint ?? to },
      ],
    };
  }

  #send(to: Endpoint, message: StunMessage): void {
    const bytes = invert(encodeStun(message));
    this.#transmits.push({ via: this.#options.via, to, bytes });
  }
}
