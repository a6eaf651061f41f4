import { concatBytes } from "../bytes/bytes.ts";
import type { ByteStream, Clock } from "../io/types.ts";
import type { CloseReason, Duration, Endpoint } from "../machine.ts";

/** A stream to the device broke or could not be had. */
export class TunnelStreamError extends Error {
  override readonly name = "TunnelStreamError";
  readonly reason: CloseReason;

  constructor(reason: CloseReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** One stream of a tunnel machine, as calls. */
export interface StreamCalls {
  space(): number;
  write(bytes: Uint8Array): void;
  read(): Uint8Array | undefined;
  close(): void;
}

/**
 * How long after our end the device may still be silent. A tunnel has no half-closed streams: ending
 * ours at once would cut off an answer that is still on its way.
 */
const ANSWER_GRACE: Duration = 1_000;

/** Bytes returned by one read, give or take a message. */
const MAX_READ = 64 << 10;

/** A stream of a tunnel, to be awaited like any other connection. */
export class TunnelStream implements ByteStream {
  readonly local: Endpoint = { address: "127.0.0.1", port: 0 };
  readonly remote: Endpoint;
  readonly #clock: Clock;
  readonly #calls: StreamCalls;
  #failure: TunnelStreamError | undefined;
  #waiting: (() => void)[] = [];
  #ended = false;
  #cancelGrace: (() => void) | undefined;
  readonly #broken = Promise.withResolvers<void>();

  constructor(clock: Clock, port: number, calls: StreamCalls) {
    this.#clock = clock;
    this.#calls = calls;
    this.remote = { address: "127.0.0.1", port };
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.#readAll();
      if (bytes !== undefined) {
        if (this.#ended) this.#startGrace();
        return bytes;
      }
      if (this.#failure?.reason === "peer" || this.#failure?.reason === "local") return undefined;
      if (this.#failure !== undefined) throw this.#failure;
      await this.#change();
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      if (this.#failure !== undefined) throw this.#failure;
      const space = this.#calls.space();
      if (space === 0) {
        await this.#change();
        continue;
      }
      // The tunnel keeps what it is given; the caller may use its array again.
      this.#calls.write(bytes.slice(at, at + space));
      at += space;
    }
  }

  end(): Promise<void> {
    this.#ended = true;
    this.#startGrace();
    return Promise.resolve();
  }

  abort(): void {
    this.#cancelGrace?.();
    this.#calls.close();
    this.fail("local", "closed");
  }

  /** There may be something to read, or room to write. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The stream is over; what was received before can still be read. */
  fail(reason: CloseReason, detail: string): void {
    this.#cancelGrace?.();
    this.#failure ??= new TunnelStreamError(reason, detail);
    if (reason !== "peer") this.#broken.resolve();
    this.wake();
  }

  /** Resolves when the stream is over otherwise than by the device's own goodbye. */
  get broken(): Promise<void> {
    return this.#broken.promise;
  }

  /** How it ended, once it has. */
  get failure(): TunnelStreamError | undefined {
    return this.#failure;
  }

  /** What has gathered while the reader was busy comes in one piece: messages are small. */
  #readAll(): Uint8Array | undefined {
    const first = this.#calls.read();
    if (first === undefined) return undefined;
    const parts = [first];
    for (let length = first.byteLength; length < MAX_READ;) {
      const next = this.#calls.read();
      if (next === undefined) break;
      parts.push(next);
      length += next.byteLength;
    }
    return parts.length === 1 ? first : concatBytes(parts);
  }

  #startGrace(): void {
    this.#cancelGrace?.();
    if (this.#failure !== undefined) return;
    this.#cancelGrace = this.#clock.setTimer(ANSWER_GRACE, () => this.abort());
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
