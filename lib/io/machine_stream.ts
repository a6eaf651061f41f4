import { concatBytes } from "../bytes/bytes.ts";
import type { CloseReason, Duration, Endpoint } from "../machine.ts";
import type { ByteStream, Clock } from "./types.ts";

/** A stream inside of a machine broke or could not be had. */
export class MachineStreamError extends Error {
  override readonly name = "MachineStreamError";
  readonly reason: CloseReason;

  constructor(reason: CloseReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** One stream of a machine, as calls. */
export interface StreamCalls {
  /** Bytes that may be written now; 0 asks to wait for `wake()`. */
  space(): number;
  /** Queues bytes; the array is handed over. */
  write(bytes: Uint8Array): void;
  /** The next bytes, or `undefined` until `wake()`. */
  read(): Uint8Array | undefined;
  /** Ends the stream once what was written is sent. */
  close(): void;
}

export interface MachineStreamOptions {
  /**
   * How long after our end the other side may be silent before the stream is closed. These streams
   * have no half-closed state: ending ours at once would cut off an answer still on its way.
   * Default 1000.
   */
  readonly answerGrace?: Duration;
}

const ANSWER_GRACE: Duration = 1_000;

/** Bytes returned by one read, give or take a message. */
const MAX_READ = 64 << 10;

/** A stream that runs inside of a machine, to be awaited like any other connection. */
export class MachineStream implements ByteStream {
  readonly local: Endpoint = { address: "127.0.0.1", port: 0 };
  readonly remote: Endpoint;
  readonly #clock: Clock;
  readonly #calls: StreamCalls;
  readonly #grace: Duration;
  readonly #broken = Promise.withResolvers<void>();
  #failure: MachineStreamError | undefined;
  #waiting: (() => void)[] = [];
  #ended = false;
  #cancelGrace: () => void = () => {};

  /** @param port The port the stream leads to. */
  constructor(
    clock: Clock,
    port: number,
    calls: StreamCalls,
    options: MachineStreamOptions = {},
  ) {
    this.#grace = options.answerGrace ?? ANSWER_GRACE;
    this.#clock = clock;
    this.#calls = calls;
    this.remote = { address: "127.0.0.1", port };
  }

  /** How it ended, once it has. */
  get failure(): MachineStreamError | undefined {
    return this.#failure;
  }

  /** Resolves when the stream is over otherwise than by the other side's own goodbye. */
  get broken(): Promise<void> {
    return this.#broken.promise;
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
      // The machine keeps what it is given; the caller may use its array again.
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
    if (this.#failure === undefined) this.#calls.close();
    this.finish("local", "closed");
  }

  /** The machine says that there may be something to read, or room to write. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The machine says that the stream is over; what was received before can still be read. */
  finish(reason: CloseReason, detail: string): void {
    this.#cancelGrace();
    this.#failure ??= new MachineStreamError(reason, detail);
    if (reason !== "peer") this.#broken.resolve();
    this.wake();
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
    this.#cancelGrace();
    if (this.#failure !== undefined) return;
    if (this.#grace === 0) return this.abort();
    this.#cancelGrace = this.#clock.setTimer(this.#grace, () => this.abort());
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
