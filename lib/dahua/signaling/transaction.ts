import { sameEndpoint } from "../../endpoint.ts";
import type { Duration, Endpoint, Instant, Transmit } from "../../machine.ts";
import type { Field } from "./body.ts";
import type { DhResponse } from "./message.ts";
import { RESEND_FOR, type Stage, STAGE_TIMING, type StageTiming } from "./stage.ts";

/** Does what follows from an answer. */
export type Act = (now: Instant) => void;

/** What is asked, of whom, and from which socket. */
export interface Question {
  readonly stage: Stage;
  readonly via: string;
  readonly to: Endpoint;
  /** Who gives the true answer, when it is not the one asked. */
  readonly answerer?: Endpoint;
  readonly path: string;
  /** Fields of the body, given the time in milliseconds since 1970; a request without is a GET. */
  readonly fields?: (unixTime: number) => readonly Field[];
  /** Reads the body of a good answer, changing nothing yet. Throws `DecodeError`. */
  readonly read: (body: string) => Act;
  /** The same for an answer that comes when the question has been given up; else it is ignored. */
  readonly readLate?: (body: string) => Act;
}

/**
 * - `none`: it answers something else
 * - `accepted`: the true answer follows
 * - `final`: the answer, good or bad
 */
export type Verdict = "none" | "accepted" | "final";

/** One request on its way: sends it again until it is answered, and knows its answer. */
export class Transaction {
  readonly question: Question;
  /** How often the clock was corrected for this question. */
  readonly clockRetries: number;
  readonly #cseq: number;
  readonly #bytes: Uint8Array;
  readonly #timing: StageTiming;
  readonly #startedAt: Instant;
  #sends = 1;
  #wait: Duration;
  #resendAt: Instant;
  #accepted = false;
  #garbage = 0;

  /** A request whose first datagram is sent at `now` by the caller: see `transmit`. */
  constructor(
    now: Instant,
    question: Question,
    request: { readonly cseq: number; readonly bytes: Uint8Array },
    clockRetries = 0,
  ) {
    this.question = question;
    this.clockRetries = clockRetries;
    this.#cseq = request.cseq;
    this.#bytes = request.bytes;
    this.#timing = STAGE_TIMING[question.stage];
    this.#startedAt = now;
    this.#wait = this.#timing.firstWait;
    this.#resendAt = now + this.#wait;
  }

  /** Datagrams sent so far. */
  get sends(): number {
    return this.#sends;
  }

  /** Whether a 100 came. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Answers that could not be understood. */
  get garbage(): number {
    return this.#garbage;
  }

  get transmit(): Transmit {
    const { via, to } = this.question;
    return { via, to, bytes: this.#bytes.slice() };
  }

  elapsed(now: Instant): Duration {
    return now - this.#startedAt;
  }

  /** Whether a datagram from there can have to do with it. */
  concerns(via: string, from: Endpoint): boolean {
    const { to, answerer } = this.question;
    const known = sameEndpoint(from, to) ||
      (answerer !== undefined && sameEndpoint(from, answerer));
    return known && via === this.question.via;
  }

  judge(via: string, from: Endpoint, response: DhResponse): Verdict {
    if (response.cseq !== this.#cseq || !this.concerns(via, from)) return "none";
    if (response.code < 200) return "accepted";
    const { answerer } = this.question;
    const isAnswer = answerer === undefined || sameEndpoint(from, answerer);
    return isAnswer || response.code >= 400 ? "final" : "accepted";
  }

  /** A 100 came. From now on only the loss of the true answer is a reason to ask again. */
  accept(now: Instant): void {
    this.#accepted = true;
    this.#resendAt = Math.max(this.#resendAt, now + this.#timing.pause);
  }

  countGarbage(): void {
    this.#garbage += 1;
  }

  /** The request once more, if it is time for that. */
  takeResend(now: Instant): Transmit | undefined {
    const due = this.#nextResend();
    if (due === undefined || now < due) return undefined;
    this.#sends += 1;
    this.#wait = this.#accepted ? this.#timing.pause : this.#wait * 2;
    this.#resendAt = now + this.#wait;
    return this.transmit;
  }

  hasExpired(now: Instant): boolean {
    return now >= this.#expiresAt();
  }

  pollTimeout(): Instant {
    return Math.min(this.#nextResend() ?? Infinity, this.#expiresAt());
  }

  #expiresAt(): Instant {
    return this.#startedAt + (this.#accepted ? this.#timing.patience : this.#timing.deadline);
  }

  #nextResend(): Instant | undefined {
    const limit = this.#startedAt + RESEND_FOR;
    return this.#resendAt >= limit ? undefined : this.#resendAt;
  }
}
