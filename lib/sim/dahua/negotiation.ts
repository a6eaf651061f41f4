import { equalBytes, toHex } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import type { Endpoint, Entropy, Instant } from "../../machine.ts";
import {
  BINDING_REQUEST,
  BINDING_SUCCESS,
  decodeStun,
  encodeStun,
  invert,
  type StunMessage,
  TRANSACTION_ID_LENGTH,
} from "../../stun/message.ts";

/** Hole-punching exchanges kept at once; the oldest is forgotten. */
export const MAX_NEGOTIATIONS = 64;

/** Transaction ids of ours that an answer may still refer to. */
const MAX_OPEN_CHECKS = 16;

/**
 * Datagrams that follow each success response of a client, in turn; public clients count them. Where
 * the client has authenticated, one more comes first, and it answers that before the rest [impl].
 */
const CONFIRMATIONS = { plain: [5], authenticated: [1, 5] } as const;

export type NegotiationKind = keyof typeof CONFIRMATIONS;

/** Bytes of a transaction id that clients echo; some put a number of their own before them [impl]. */
const ECHOED = 12;

/** One client's exchange, known by the Identify of its channel request. */
interface Negotiation {
  readonly identify: Uint8Array;
  /** Transaction ids of our checks. */
  readonly checks: Uint8Array[];
  /** Transaction id of the client's latest punch. */
  punch: Uint8Array | undefined;
  /** Checks sent before any punch. Each stands for the answer to one punch. */
  ahead: number;
  /** Punches are not answered before. */
  readonly silentUntil: Instant;
  /** What has not been sent yet of `CONFIRMATIONS`. */
  owed: readonly number[];
}

/** What to do about a datagram: send these to where it came from. */
export interface PunchOutcome {
  readonly replies: readonly Uint8Array[];
  /** Whether it came from a client that knows the secret of a channel: it may open a session. */
  readonly trusted: boolean;
}

const IGNORED: PunchOutcome = { replies: [], trusted: false };

/**
 * The device's side of hole punching: inverted STUN checks.
 *
 * Each punch is answered by one check of the device's own, and a client's first answer to such a
 * check by exactly five datagrams (or one and five), since public clients count [impl]. No datagram
 * causes more than that, so nobody can be flooded with the device's help.
 */
export class Negotiations {
  readonly #entropy: Entropy;
  /** By Identify in hex, oldest first. */
  readonly #open = new Map<string, Negotiation>();

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Expects punches that carry `identify`, and ignores them until `silentUntil`. The same one again
   * changes nothing.
   */
  expect(
    identify: Uint8Array,
    kind: NegotiationKind = "plain",
    silentUntil: Instant = -Infinity,
  ): void {
    const key = toHex(identify);
    if (this.#open.has(key)) return;
    const owed = CONFIRMATIONS[kind];
    const fresh = { identify, checks: [], punch: undefined, ahead: 0, silentUntil, owed };
    this.#open.set(key, fresh);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_NEGOTIATIONS && oldest !== undefined) this.#open.delete(oldest);
  }

  /**
   * A check to send before the client has punched, so that the device's own NAT lets the punches
   * in; `undefined` when the client was quicker. It counts as the answer to the first punch.
   */
  checkAhead(identify: Uint8Array, client: Endpoint): Uint8Array | undefined {
    const negotiation = this.#open.get(toHex(identify));
    if (negotiation === undefined || negotiation.punch !== undefined) return undefined;
    negotiation.ahead += 1;
    return this.#check(negotiation, client);
  }

  /** Throws `DecodeError` when the datagram is not inverted STUN. */
  handle(now: Instant, from: Endpoint, bytes: Uint8Array): PunchOutcome {
    const message = decodeStun(invert(bytes));
    const negotiation = this.#find(message);
    if (negotiation === undefined) {
      throw new DecodeError("Cannot use STUN message as it must carry the Identify of a channel");
    }
    if (now < negotiation.silentUntil) return IGNORED;
    if (message.type === BINDING_REQUEST) return this.#handlePunch(negotiation, from, message);
    if (message.type === BINDING_SUCCESS) return this.#handleSuccess(negotiation, message);
    return IGNORED;
  }

  #handlePunch(negotiation: Negotiation, from: Endpoint, message: StunMessage): PunchOutcome {
    negotiation.punch = message.transactionId;
    if (negotiation.ahead > 0) {
      negotiation.ahead -= 1;
      return { replies: [], trusted: true };
    }
    return { replies: [this.#check(negotiation, from)], trusted: true };
  }

  #handleSuccess(negotiation: Negotiation, message: StunMessage): PunchOutcome {
    const echoed = message.transactionId.subarray(-ECHOED);
    const isOurs = negotiation.checks.some((id) => equalBytes(id.subarray(-ECHOED), echoed));
    if (!isOurs) return IGNORED;
    const [count = 0, ...owed] = negotiation.owed;
    negotiation.owed = owed;
    const confirmation = invert(encodeStun({
      type: BINDING_SUCCESS,
      transactionId: negotiation.punch ?? message.transactionId,
      attributes: [{ type: "ice-controlled", tieBreaker: negotiation.identify }],
    }));
    return { replies: new Array<Uint8Array>(count).fill(confirmation), trusted: true };
  }

  #check(negotiation: Negotiation, to: Endpoint): Uint8Array {
    const transactionId = this.#entropy(TRANSACTION_ID_LENGTH);
    negotiation.checks.push(transactionId);
    if (negotiation.checks.length > MAX_OPEN_CHECKS) negotiation.checks.shift();
    return invert(encodeStun({
      type: BINDING_REQUEST,
      transactionId,
      attributes: [
        { type: "ice-controlled", tieBreaker: negotiation.identify },
        { type: "source-address", endpoint: to },
      ],
    }));
  }

  #find(message: StunMessage): Negotiation | undefined {
    for (const attribute of message.attributes) {
      if (attribute.type !== "ice-controlling" && attribute.type !== "ice-controlled") continue;
      return this.#open.get(toHex(attribute.tieBreaker));
    }
    return undefined;
  }
}
