import type { Duration, Entropy, Instant } from "../../machine.ts";
import { type AuthAttempt, ClientAuth, type ClientAuthOptions } from "./auth.ts";
import type { ClientEnd } from "./events.ts";
import { encodeMessage, RtspHeaders, type RtspResponse } from "../message.ts";

/** One thing to ask a camera for. */
export interface Question {
  readonly method: string;
  readonly uri: string;
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /** How long it may take to answer. */
  readonly timeout: Duration;
  /** Every response but 1xx, and 401 unless it was the last word. */
  readonly onResponse: (now: Instant, response: RtspResponse) => void;
}

/** A question not yet answered. */
export interface Pending {
  readonly question: Question;
  readonly cseq: number;
  readonly sentAt: Instant;
  readonly deadline: Instant;
  readonly attempt: AuthAttempt;
  /** How often it was sent again with credentials. */
  readonly retries: number;
}

/** Requests and responses, one pair at a time: numbers, credentials, and who waits for what. */
export class ClientExchange {
  readonly #auth: ClientAuth;
  #cseq = 0;
  #pending: Pending | undefined;
  /** Goes into every request once there is one. */
  sessionId: string | undefined;

  constructor(options: ClientAuthOptions & { readonly entropy: Entropy }) {
    this.#auth = new ClientAuth(options);
  }

  get pending(): Pending | undefined {
    return this.#pending;
  }

  /** The request to send. Whatever was asked before is not waited for any more. */
  ask(now: Instant, question: Question, retries = 0): Uint8Array {
    const { method, uri, fields = [], timeout } = question;
    const attempt = this.#auth.attempt(method, uri);
    const cseq = ++this.#cseq;
    const all: (readonly [string, string])[] = [
      ["CSeq", String(cseq)],
      ["User-Agent", "sightline"],
    ];
    if (attempt.header !== undefined) all.push(["Authorization", attempt.header]);
    if (this.sessionId !== undefined) all.push(["Session", this.sessionId]);
    const headers = new RtspHeaders([...all, ...fields]);
    this.#pending = { question, cseq, sentAt: now, deadline: now + timeout, attempt, retries };
    return encodeMessage({ type: "request", method, uri, headers, body: new Uint8Array(0) });
  }

  /** No answer is waited for any more. */
  forget(): void {
    this.#pending = undefined;
  }

  /** Whether the response is that to the pending question. */
  isAnswer({ headers }: RtspResponse): boolean {
    const cseq = headers.get("CSeq");
    // Some cameras leave the number out; there is one request only that they can mean.
    return this.#pending !== undefined &&
      (cseq === undefined || Number(cseq) === this.#pending.cseq);
  }

  /**
   * Takes the answer to the pending question: gives what has to be sent again, with credentials,
   * or the end where they are refused. Otherwise `onResponse` has been called.
   */
  handleAnswer(
    now: Instant,
    response: RtspResponse,
  ): { readonly resend?: Uint8Array; readonly end?: ClientEnd } {
    const pending = this.#pending;
    if (pending === undefined || response.status < 200) return {};
    this.#pending = undefined;
    if (response.status === 401) return this.#onChallenge(now, pending, response);
    this.#auth.accepted(pending.attempt);
    pending.question.onResponse(now, response);
    return {};
  }

  #onChallenge(
    now: Instant,
    { question, attempt, retries }: Pending,
    { headers }: RtspResponse,
  ): { readonly resend?: Uint8Array; readonly end?: ClientEnd } {
    const values = headers.getAll("WWW-Authenticate");
    const verdict = this.#auth.challenged(attempt, values, retries);
    if (verdict.type === "refused") {
      const detail = `the camera refuses ${question.method}: ${verdict.detail}`;
      return { end: { reason: "auth", detail, status: 401 } };
    }
    return { resend: this.ask(now, question, attempt.header === undefined ? 0 : retries + 1) };
  }
}
