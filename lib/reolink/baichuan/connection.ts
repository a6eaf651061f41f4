import type { ByteStream, Clock } from "../../io/types.ts";
import type { Duration, Instant } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import { BaichuanError } from "./baichuan_error.ts";
import type { Done } from "./outcome.ts";
import type { BaichuanSession } from "./session.ts";
import type { BaichuanEvent } from "./session_events.ts";

/** Requests and answers that may wait before no more is read from the camera, in bytes. */
const MAX_WAITING_BYTES = 65_536;

/** How long a camera may take to take in our goodbye, and to close its end. */
const LINGER: Duration = 200;

/** Runs a session over a byte stream: carries bytes both ways, and wakes it at its timeouts. */
export class Connection {
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #session: BaichuanSession;
  readonly #onEvent: (event: BaichuanEvent) => void;
  readonly #ended = Promise.withResolvers<TunnelEnd>();
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #end: TunnelEnd | undefined;
  #cancelTimer = () => {};
  #wakeReader = () => {};
  #wakeWriter = () => {};

  /** @param onEvent Must return at once and must not throw; may give commands. */
  constructor(
    stream: ByteStream,
    clock: Clock,
    session: BaichuanSession,
    onEvent: (event: BaichuanEvent) => void,
  ) {
    this.#stream = stream;
    this.#clock = clock;
    this.#session = session;
    this.#onEvent = onEvent;
  }

  /** Why it ended, once both it and the stream have. Never rejects but for a bug of ours. */
  get ended(): Promise<TunnelEnd> {
    return this.#ended.promise;
  }

  /** Begins to carry. Call once. */
  run(): void {
    this.#drain();
    void Promise.all([this.#readAll(), this.#writeAll()]).then(() => {
      this.#cancelTimer();
      this.#stream.abort();
      // Both loops end after `closed` only, which sets it.
      this.#ended.resolve(this.#end!);
    }, this.#ended.reject);
  }

  /** Tells the session to do something. */
  command<T>(run: (session: BaichuanSession, now: Instant) => T): T {
    const result = run(this.#session, this.#clock.now());
    this.#drain();
    return result;
  }

  /** Asks the session for something. Rejects with `BaichuanError`. */
  ask<T>(run: (session: BaichuanSession, now: Instant, onDone: Done<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.command((session, now) => {
        run(session, now, (outcome) => {
          if (outcome.type === "done") resolve(outcome.value);
          else reject(new BaichuanError(outcome));
        });
      });
    });
  }

  async #readAll(): Promise<void> {
    let why: string | undefined;
    for (;;) {
      const bytes = await this.#stream.read().catch((error: unknown) => {
        why = error instanceof Error ? error.message : String(error);
        return undefined;
      });
      if (bytes === undefined) break;
      this.#session.receive(this.#clock.now(), bytes);
      this.#drain();
      while (this.#waitingBytes > MAX_WAITING_BYTES && this.#end === undefined) {
        await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
    }
    this.#breakOff(why);
  }

  async #writeAll(): Promise<void> {
    try {
      for (;;) {
        const bytes = this.#waiting.shift();
        if (bytes !== undefined) {
          await this.#stream.write(bytes);
          this.#waitingBytes -= bytes.byteLength;
          this.#wakeReader();
        } else if (this.#end !== undefined) {
          break;
        } else {
          await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        }
      }
      await this.#stream.end();
    } catch (error) {
      this.#breakOff(error instanceof Error ? error.message : String(error));
    }
  }

  #breakOff(why: string | undefined): void {
    const detail = why === undefined ? undefined : `the connection broke: ${why}`;
    this.#session.receiveEnd(this.#clock.now(), detail);
    this.#drain();
  }

  /** Takes everything the session has, and asks it when to be called again. */
  #drain(): void {
    for (;;) {
      const output = this.#session.pollWrite();
      const event = output === undefined ? this.#session.pollEvent() : undefined;
      if (output !== undefined) {
        this.#waiting.push(output);
        this.#waitingBytes += output.byteLength;
      } else if (event !== undefined) this.#handle(event);
      else break;
    }
    this.#wakeWriter();
    if (this.#end === undefined) this.#setTimer();
  }

  #handle(event: BaichuanEvent): void {
    if (event.type === "closed") {
      const { type: _, ...end } = event;
      this.#end = end;
      this.#wakeReader();
      this.#cancelTimer();
      this.#cancelTimer = this.#clock.setTimer(LINGER, () => this.#stream.abort());
    }
    this.#onEvent(event);
  }

  #setTimer(): void {
    this.#cancelTimer();
    const at = this.#session.pollTimeout();
    if (at === undefined) return;
    this.#cancelTimer = this.#clock.setTimer(Math.max(0, at - this.#clock.now()), () => {
      this.#session.handleTimeout(this.#clock.now());
      this.#drain();
    });
  }
}
