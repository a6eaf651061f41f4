import { sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant, Transmit } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import {
  explainLookupRefusal,
  explainLookupSilence,
  explainNoMiddlemen,
  explainUnknown,
  RSP_UNKNOWN,
} from "./failure.ts";
import type { MessageOf } from "./message.ts";
import { Repeat, RESEND_FOR } from "./repeat.ts";
import type { Tids } from "./tids.ts";

/** Where a camera is registered. */
export interface Referral {
  readonly reg: Endpoint;
  /** The relay the middleman names: wanted by the register, and of use if that names none. */
  readonly relay?: Endpoint;
}

/** When to decide by the answers so far, if none of them knows the UID. */
export const VERDICT_AFTER: Duration = 5_000;

/** How long one that was added late has to answer before that. */
const ANSWER_WITHIN: Duration = 1_500;

interface Server {
  readonly endpoint: Endpoint;
  /** Absent once it has answered or need not. */
  repeat: Repeat | undefined;
  answer: { readonly rsp: number } | undefined;
}

/** Asks all middlemen which register looks after a UID: only some of them know. */
export class Lookup {
  readonly #uid: string;
  readonly #tids: Tids;
  readonly #startedAt: Instant;
  readonly #servers: Server[] = [];
  #verdictAt: Instant;
  #isComplete: boolean;
  #isStopped = false;
  #sends = 0;

  constructor(
    now: Instant,
    options: {
      readonly uid: string;
      readonly tids: Tids;
      readonly middlemen: readonly Endpoint[];
      /** Whether there are no more than those. */
      readonly isComplete: boolean;
    },
  ) {
    this.#uid = options.uid;
    this.#tids = options.tids;
    this.#startedAt = now;
    this.#verdictAt = now + VERDICT_AFTER;
    this.#isComplete = options.isComplete;
    for (const endpoint of options.middlemen) this.add(now, endpoint);
  }

  /** When the answers there are by then are all that count. Moves when one more is asked. */
  get verdictAt(): Instant {
    return this.#verdictAt;
  }

  /** Asks one more, which must not be among them. */
  add(now: Instant, endpoint: Endpoint): void {
    if (this.#isStopped) return;
    this.#verdictAt = Math.max(this.#verdictAt, now + ANSWER_WITHIN);
    const message = { type: "C2M_Q", uid: this.#uid, p: "MAC" } as const;
    const datagram = { tid: this.#tids.next(), message };
    const repeat = new Repeat(now, { via: "cloud", to: endpoint, datagram });
    this.#servers.push({ endpoint, repeat, answer: undefined });
  }

  complete(): void {
    this.#isComplete = true;
  }

  /** Asks no more; answers under way are still good. */
  stop(): void {
    this.#isStopped = true;
    for (const server of this.#servers) server.repeat = undefined;
  }

  /**
   * Takes an answer. A server may answer under a transaction number of its own [observed], so where it
   * comes from counts first.
   */
  handleAnswer(
    from: Endpoint,
    tid: number,
    message: MessageOf<"M2C_Q_R">,
  ): Referral | "noted" | "repeated" | "unmatched" {
    const server = this.#servers.find(({ endpoint }) => sameEndpoint(endpoint, from)) ??
      this.#servers.find(({ repeat }) => repeat?.tid === tid);
    if (server === undefined) return "unmatched";
    if (server.answer !== undefined) return "repeated";
    const { reg, relay, rsp } = message;
    if (reg === undefined) {
      // Neither a referral nor a refusal: as good as no answer.
      if (rsp === undefined || rsp === 0) return "unmatched";
      server.answer = { rsp };
      server.repeat = undefined;
      return "noted";
    }
    server.answer = { rsp: 0 };
    server.repeat = undefined;
    return { reg, ...(relay && { relay }) };
  }

  /** Why no referral will come any more, once that is certain. Only asked while there was none. */
  verdict(now: Instant): TunnelEnd | undefined {
    const asked = this.#servers.length;
    const elapsed = now - this.#startedAt;
    const answers = this.#servers.flatMap(({ answer }) => answer === undefined ? [] : [answer.rsp]);
    const isAll = this.#isComplete && answers.length === asked;
    const isOver = now >= this.#startedAt + RESEND_FOR;
    if (asked === 0) return isAll || isOver ? explainNoMiddlemen() : undefined;
    if (answers.length > 0 && (isAll || now >= this.#verdictAt)) {
      const [refusal] = answers.filter((rsp) => rsp !== RSP_UNKNOWN);
      const isUnknown = refusal === undefined || answers.includes(RSP_UNKNOWN);
      return isUnknown ? explainUnknown(answers.length, asked) : explainLookupRefusal(refusal);
    }
    return isOver ? explainLookupSilence(asked, this.#sends, elapsed) : undefined;
  }

  takeTransmits(now: Instant): Transmit[] {
    const transmits = this.#servers.flatMap((server) => {
      const transmit = server.repeat?.take(now);
      return transmit === undefined ? [] : [transmit];
    });
    this.#sends += transmits.length;
    return transmits;
  }

  pollTimeout(): Instant | undefined {
    return earliest(...this.#servers.map(({ repeat }) => repeat?.pollTimeout()));
  }
}
