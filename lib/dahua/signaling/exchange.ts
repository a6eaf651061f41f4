import { DecodeError } from "../../bytes/decode_error.ts";
import { formatEndpoint } from "../../endpoint.ts";
import type { Endpoint, Instant, Transmit } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import { decodeResponse, type DhResponse } from "./message.ts";
import type { RequestMaker } from "./request_maker.ts";
import type { Stage } from "./stage.ts";
import { type Act, type Question, Transaction } from "./transaction.ts";

/** How a question ended. */
export type Outcome =
  | { readonly type: "answered"; readonly transaction: Transaction; readonly act: Act }
  | { readonly type: "refused"; readonly transaction: Transaction; readonly response: DhResponse }
  /** No answer, or none that could be understood. */
  | { readonly type: "silent"; readonly transaction: Transaction }
  /** Answered after it was given up. */
  | { readonly type: "late"; readonly transaction: Transaction; readonly act: Act };

/** Datagrams that came to nothing, by cause. */
export interface SignalingCounters {
  /** From an endpoint nothing was sent to. */
  stranger: number;
  /** Neither message nor body could be read. */
  undecodable: number;
  /** Answers to no request on its way: late, repeated, or made up. */
  unmatched: number;
}

/** Unreadable answers after which a question counts as unanswered. */
const MAX_GARBAGE = 4;

/** Questions given up whose answers are still wanted; the oldest is forgotten. */
const MAX_GIVEN_UP = 4;

/** How often one question is repeated with a corrected clock. */
const MAX_CLOCK_RETRIES = 3;

/** The questions on their way, one for each stage: sends them, again if need be, and matches answers. */
export class Exchange {
  readonly counters: SignalingCounters = { stranger: 0, undecodable: 0, unmatched: 0 };

  readonly #maker: RequestMaker;
  readonly #pending = new Map<Stage, Transaction>();
  readonly #givenUp: Transaction[] = [];
  /** Socket and endpoint of everybody a question went to: a handful in one attempt. */
  readonly #spokenTo = new Set<string>();
  readonly #transmits: Transmit[] = [];

  constructor(maker: RequestMaker) {
    this.#maker = maker;
  }

  /** Sends a question. One of the same stage that is still on its way is forgotten. */
  ask(now: Instant, question: Question): Transaction {
    return this.#ask(now, question, 0);
  }

  isPending(stage: Stage): boolean {
    return this.#pending.has(stage);
  }

  /** Waits for an answer no longer, but may take it when it comes late. */
  giveUp(stage: Stage): void {
    const transaction = this.#pending.get(stage);
    if (transaction !== undefined) this.#giveUp(transaction);
  }

  /** Forgets all questions but those of one stage. */
  dropAllBut(kept: Stage | undefined): void {
    for (const stage of this.#pending.keys()) {
      if (stage !== kept) this.#pending.delete(stage);
    }
  }

  handleDatagram(now: Instant, via: string, from: Endpoint, bytes: Uint8Array): Outcome[] {
    if (!this.#spokenTo.has(`${via} ${formatEndpoint(from)}`)) {
      this.counters.stranger += 1;
      return [];
    }
    const response = this.#decode(() => decodeResponse(bytes));
    if (response === undefined) {
      return [...this.#pending.values()]
        .filter((transaction) => transaction.concerns(via, from))
        .flatMap((transaction) => this.#blame(transaction));
    }
    for (const transaction of this.#pending.values()) {
      const verdict = transaction.judge(via, from, response);
      if (verdict === "final") return this.#onFinal(now, transaction, response);
      if (verdict === "none") continue;
      transaction.accept(now);
      return [];
    }
    return this.#onLate(via, from, response);
  }

  #onLate(via: string, from: Endpoint, response: DhResponse): Outcome[] {
    const index = this.#givenUp.findIndex((one) => one.judge(via, from, response) === "final");
    const [transaction] = index < 0 ? [] : this.#givenUp.splice(index, 1);
    const { readLate } = transaction?.question ?? {};
    if (transaction !== undefined && readLate !== undefined && response.code < 400) {
      const act = this.#decode(() => readLate(response.body));
      return act === undefined ? [] : [{ type: "late", transaction, act }];
    }
    this.counters.unmatched += 1;
    return [];
  }

  handleTimeout(now: Instant): Outcome[] {
    const transactions = [...this.#pending.values()];
    for (const transaction of transactions) {
      const resend = transaction.takeResend(now);
      if (resend !== undefined) this.#transmits.push(resend);
    }
    return transactions.filter((transaction) => transaction.hasExpired(now))
      .map((transaction) => {
        this.#giveUp(transaction);
        return { type: "silent", transaction };
      });
  }

  pollTransmit(): Transmit | undefined {
    return this.#transmits.shift();
  }

  pollTimeout(): Instant | undefined {
    return earliest(...Array.from(this.#pending.values(), (one) => one.pollTimeout()));
  }

  #ask(now: Instant, question: Question, clockRetries: number): Transaction {
    const request = this.#maker.make(now, question);
    const transaction = new Transaction(now, question, request, clockRetries);
    this.#pending.set(question.stage, transaction);
    this.#spokenTo.add(`${question.via} ${formatEndpoint(question.to)}`);
    this.#transmits.push(transaction.transmit);
    return transaction;
  }

  #onFinal(now: Instant, transaction: Transaction, response: DhResponse): Outcome[] {
    const { question, clockRetries } = transaction;
    if (response.code < 400) {
      const act = this.#decode(() => question.read(response.body));
      if (act === undefined) return this.#blame(transaction);
      return [this.#end({ type: "answered", transaction, act })];
    }
    // Behind a 100 it is the device that refuses, and the server has no quarrel with the clock.
    const isAboutClock = response.code === 401 && !transaction.accepted;
    const mayRetry = isAboutClock && clockRetries < MAX_CLOCK_RETRIES;
    if (mayRetry && this.#maker.correctClock(now, response)) {
      this.#ask(now, question, clockRetries + 1);
      return [];
    }
    return [this.#end({ type: "refused", transaction, response })];
  }

  /** It got something that cannot be understood; a good answer may follow, but not for ever. */
  #blame(transaction: Transaction): Outcome[] {
    transaction.countGarbage();
    return transaction.garbage < MAX_GARBAGE ? [] : [this.#end({ type: "silent", transaction })];
  }

  #giveUp(transaction: Transaction): void {
    const { stage, readLate } = transaction.question;
    this.#pending.delete(stage);
    if (readLate === undefined) return;
    this.#givenUp.push(transaction);
    if (this.#givenUp.length > MAX_GIVEN_UP) this.#givenUp.shift();
  }

  #end(outcome: Outcome): Outcome {
    this.#pending.delete(outcome.transaction.question.stage);
    return outcome;
  }

  #decode<T>(decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.counters.undecodable += 1;
      return undefined;
    }
  }
}
