import { tryDecode } from "../bytes/try_decode.ts";
import { formatEndpoint } from "../endpoint.ts";
import type { Duration, Endpoint, Entropy, Instant, Machine, Transmit } from "../machine.ts";
import { decodeSignaling } from "../reolink/signaling/datagram.ts";
import { Lookup } from "../reolink/signaling/lookup.ts";
import { Tids } from "../reolink/signaling/tids.ts";
import { earliest } from "../timers.ts";
import { outcomeOf, type QueryEvent, type QueryOutcome } from "./query.ts";

export interface ReolinkQueryOptions {
  readonly uid: string;
  /** The lookup servers; one of them at most knows the camera. */
  readonly servers: readonly Endpoint[];
  /** How long to listen to the others once one of them knows it. Default 0. */
  readonly patience?: Duration;
  readonly entropy: Entropy;
}

/** Name of the socket: the one lookups go out on. */
export const QUERY_SOCKET = "cloud";

/** Asks lookup servers which register looks after a camera: the camera itself hears nothing. */
export class ReolinkQuery implements Machine<QueryEvent> {
  readonly #lookup: Lookup;
  readonly #patience: Duration;
  readonly #transmits: Transmit[] = [];
  readonly #events: QueryEvent[] = [];
  readonly #silent: Set<string>;
  #nextVerdictAt: Instant | undefined;
  /** When to end although some have not answered: one has named a register. */
  #endsAt: Instant | undefined;
  #isOver = false;

  constructor(now: Instant, options: ReolinkQueryOptions) {
    const { uid, servers, entropy, patience = 0 } = options;
    this.#patience = patience;
    this.#silent = new Set(servers.map(formatEndpoint));
    const tids = new Tids(entropy);
    this.#lookup = new Lookup(now, { uid, tids, middlemen: servers, isComplete: true });
    this.#settle(now);
  }

  handleDatagram(now: Instant, _via: string, from: Endpoint, bytes: Uint8Array): void {
    const datagram = tryDecode(() => decodeSignaling(bytes));
    if (this.#isOver || datagram?.message.type !== "M2C_Q_R") return;
    const answer = this.#lookup.handleAnswer(from, datagram.tid, datagram.message);
    if (answer === "unmatched" || answer === "repeated") return;
    this.#silent.delete(formatEndpoint(from));
    if (answer !== "noted") this.#endsAt ??= now + this.#patience;
    this.#settle(now);
  }

  handleTimeout(now: Instant): void {
    this.#settle(now);
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.shift();
  }

  pollEvent(): QueryEvent | undefined {
    return this.#events.shift();
  }

  pollTimeout(): Instant | undefined {
    if (this.#isOver) return undefined;
    return earliest(
      this.#endsAt,
      this.#endsAt === undefined ? this.#nextVerdictAt : undefined,
      this.#lookup.pollTimeout(),
    );
  }

  #settle(now: Instant): void {
    if (this.#isOver) return;
    this.#transmits.push(...this.#lookup.takeTransmits(now));
    const { verdictAt } = this.#lookup;
    this.#nextVerdictAt = verdictAt > now ? verdictAt : undefined;
    if (this.#endsAt !== undefined) {
      const isOver = this.#silent.size === 0 || now >= this.#endsAt;
      return isOver ? this.#close({ type: "online" }) : undefined;
    }
    const end = this.#lookup.verdict(now);
    if (end !== undefined) this.#close(outcomeOf(end));
  }

  #close(outcome: QueryOutcome): void {
    this.#isOver = true;
    this.#lookup.stop();
    this.#events.push({ type: "closed", outcome });
  }
}
