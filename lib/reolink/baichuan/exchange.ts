import { DecodeError } from "../../bytes/decode_error.ts";
import type { Duration, Instant } from "../../machine.ts";
import { earliest } from "../../timers.ts";
import { type Addressing, channelByte } from "./addressing.ts";
import { type BcMessage, NO_PAYLOAD } from "./codec.ts";
import type { Command, Content, ContentCodec } from "./command.ts";
import { BcClass } from "./header.ts";
import type { NumberPool } from "./number_pool.ts";
import { describeStatus, type Done, done, failed, isSuccess, type Outcome } from "./outcome.ts";

/** How long a camera may take to answer. */
export const REQUEST_TIMEOUT: Duration = 10_000;

/** How long to wait after status 400, and how often, before it is believed. */
export const RETRY_PAUSE: Duration = 1_000;
export const MAX_RETRIES = 5;

/** Requests that may be unanswered at once; more wait. */
export const MAX_OUTSTANDING = 16;

/** Requests that may wait; more are refused. */
export const MAX_WAITING = 64;

/** "Not yet", of a camera that has just woken; or "never". */
const NOT_READY = 400;

export interface AskOptions {
  /** Byte 13; 0 by default. */
  readonly stream?: number;
  /** The number to use, taken by the caller; by default one is taken, and given back at the end. */
  readonly num?: number;
  readonly timeout?: Duration;
  readonly retries?: number;
  /** Goes out at once, however much is being asked already. */
  readonly isUrgent?: boolean;
}

interface Pending {
  readonly message: BcMessage;
  /** Whether its number goes back to the pool at the end. */
  readonly ownsNum: boolean;
  readonly timeout: Duration;
  readonly retryPause: Duration;
  retriesLeft: number;
  /** When to give up, or to ask again. */
  at: Instant;
  /** Whether it waits to be asked again. */
  isPaused: boolean;
  readonly onAnswer: (message: BcMessage, now: Instant) => void;
  readonly onRefusal: (code: number, now: Instant) => void;
  readonly onSilence: (now: Instant) => void;
  readonly onFailure: Done<never>;
}

/** Requests and replies: their numbers, timeouts and repeats, and who waits for them. */
export class Exchange {
  readonly #addressing: Addressing;
  readonly #numbers: NumberPool;
  readonly #send: (message: BcMessage) => void;
  /** By id and number. */
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: Pending[] = [];
  #closed: Outcome<never> | undefined;

  /** @param send Takes every message that is to go out. */
  constructor(addressing: Addressing, numbers: NumberPool, send: (message: BcMessage) => void) {
    this.#addressing = addressing;
    this.#numbers = numbers;
    this.#send = send;
  }

  /**
   * Sends a request; `onDone` is called once, maybe before this returns. The function returned calls
   * it off: then `onDone` is not called.
   */
  ask<Request, Reply>(
    now: Instant,
    command: Command<Request, Reply>,
    value: Request,
    onDone: Done<Reply>,
    options: AskOptions = {},
  ): () => void {
    const mustWait = this.#pending.size >= MAX_OUTSTANDING && options.isUrgent !== true;
    const isFull = mustWait && this.#waiting.length >= MAX_WAITING;
    const refusal = isFull ? failed("busy", `${MAX_WAITING} requests wait already`) : this.#closed;
    if (refusal !== undefined) {
      onDone(refusal, now);
      return () => {};
    }
    const pending = this.#prepare(command, value, onDone, options);
    if (mustWait) this.#waiting.push(pending);
    else this.#dispatch(now, pending);
    return () => this.#cancel(pending);
  }

  /** Sends what nobody answers, under a number of the caller's. */
  tell<Request, Reply>(command: Command<Request, Reply>, value: Request, num: number): void {
    if (this.#closed === undefined) this.#send(this.#message(command, value, num, 0));
  }

  /** Whether the message was an answer, which is dealt with now. */
  handle(now: Instant, message: BcMessage): boolean {
    const pending = this.#pending.get(keyOf(message));
    if (pending === undefined || pending.isPaused) return false;
    const { code } = message.header;
    if (code === NOT_READY && pending.retriesLeft > 0) {
      pending.retriesLeft--;
      pending.isPaused = true;
      pending.at = now + pending.retryPause;
      return true;
    }
    this.#retire(now, pending);
    if (isSuccess(code)) pending.onAnswer(message, now);
    else pending.onRefusal(code, now);
    return true;
  }

  handleTimeout(now: Instant): void {
    for (const [key, pending] of [...this.#pending]) {
      // Whoever was told of one may have closed everything.
      if (now < pending.at || this.#pending.get(key) !== pending) continue;
      if (pending.isPaused) {
        this.#dispatch(now, pending);
      } else {
        this.#retire(now, pending);
        pending.onSilence(now);
      }
    }
  }

  pollTimeout(): Instant | undefined {
    return earliest(...Array.from(this.#pending.values(), ({ at }) => at));
  }

  /** What waits is not asked any more, to make way for a goodbye. */
  clearWaiting(now: Instant): void {
    for (const pending of this.#waiting.splice(0)) {
      this.#release(pending);
      pending.onFailure(failed("closed", "the connection is being closed"), now);
    }
  }

  /** Fails everything pending, and whatever is asked later. */
  close(now: Instant, detail: string): void {
    const closed = failed("closed", detail);
    this.#closed = closed;
    const all = [...this.#pending.values(), ...this.#waiting.splice(0)];
    this.#pending.clear();
    for (const { onFailure } of all) onFailure(closed, now);
  }

  #prepare<Request, Reply>(
    command: Command<Request, Reply>,
    value: Request,
    onDone: Done<Reply>,
    options: AskOptions,
  ): Pending {
    const num = options.num ?? this.#numbers.take();
    const message = this.#message(command, value, num, options.stream ?? 0);
    const { name, silentSuccess, retryPause = RETRY_PAUSE } = command;
    const timeout = silentSuccess ?? options.timeout ?? REQUEST_TIMEOUT;
    const atSilence = silentSuccess === undefined
      ? failed(
        "silent",
        `the camera was asked to ${name} and said nothing for ${timeout / 1_000} s`,
      )
      : readReply(command.reply, { payload: NO_PAYLOAD });
    return {
      message,
      ownsNum: options.num === undefined,
      timeout,
      retryPause,
      retriesLeft: options.retries ?? command.retries ?? MAX_RETRIES,
      at: Infinity,
      isPaused: false,
      onAnswer: (reply, at) => onDone(readReply(command.reply, reply), at),
      onRefusal: (code, at) => {
        const detail = `the camera refuses to ${name} with ${describeStatus(code)}`;
        onDone(failed("refused", detail, code), at);
      },
      onSilence: (at) => onDone(atSilence, at),
      onFailure: onDone,
    };
  }

  #message<Request, Reply>(
    { id, scope, request }: Command<Request, Reply>,
    value: Request,
    num: number,
    stream: number,
  ): BcMessage {
    const channel = channelByte(this.#addressing, scope, channelIn(value));
    const header = { id, channel, stream, num, code: 0, messageClass: BcClass.modern };
    return { header, ...request.write(value) };
  }

  #dispatch(now: Instant, pending: Pending): void {
    pending.isPaused = false;
    pending.at = now + pending.timeout;
    this.#pending.set(keyOf(pending.message), pending);
    this.#send(pending.message);
  }

  /** Takes it off the table, and lets the next one go. */
  #retire(now: Instant, pending: Pending): void {
    this.#pending.delete(keyOf(pending.message));
    this.#release(pending);
    const next = this.#pending.size < MAX_OUTSTANDING ? this.#waiting.shift() : undefined;
    if (next !== undefined) this.#dispatch(now, next);
  }

  #cancel(pending: Pending): void {
    const key = keyOf(pending.message);
    if (this.#pending.get(key) === pending) this.#pending.delete(key);
    const index = this.#waiting.indexOf(pending);
    if (index >= 0) this.#waiting.splice(index, 1);
    this.#release(pending);
  }

  #release({ ownsNum, message }: Pending): void {
    if (ownsNum) this.#numbers.release(message.header.num);
  }
}

function readReply<Reply>(codec: ContentCodec<Reply>, content: Content): Outcome<Reply> {
  try {
    return done(codec.read(content));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return failed("garbled", error.message);
  }
}

function keyOf({ header }: BcMessage): number {
  return header.id * 0x10000 + header.num;
}

/** Every request for a channel says which. */
function channelIn(value: unknown): number {
  const isNamed = typeof value === "object" && value !== null && "channel" in value;
  return isNamed && typeof value.channel === "number" ? value.channel : 0;
}
