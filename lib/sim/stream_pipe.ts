import type { ByteStream, Clock } from "../io/types.ts";
import type { Duration } from "../machine.ts";

/** The simulated end of a TCP connection: one stream of a device. */
export interface StreamEnd {
  /** Bytes that may be written now; 0 asks to wait for `resume`. */
  space(): number;
  write(bytes: Uint8Array): void;
  /** The next bytes, or `undefined` until `resume`. */
  read(): Uint8Array | undefined;
  /** Sends what is written, then the end. */
  close(): void;
}

/** How long the real end may take to say goodbye before its connection is dropped. */
const GOODBYE: Duration = 2_000;

/**
 * Moves bytes between a real TCP connection and its simulated end, both ways, reading from either
 * side no faster than the other takes it.
 */
export class StreamPipe {
  readonly #tcp: ByteStream;
  readonly #end: StreamEnd;
  readonly #clock: Clock;
  #ended = false;
  #wakeReader: () => void = () => {};
  #wakeWriter: () => void = () => {};
  #cancelGoodbye: () => void = () => {};

  constructor(tcp: ByteStream, end: StreamEnd, clock: Clock) {
    this.#tcp = tcp;
    this.#end = end;
    this.#clock = clock;
  }

  /** Runs until both directions are done. Never rejects: a broken connection is an end, too. */
  async run(): Promise<void> {
    await Promise.all([this.#download(), this.#upload()]);
    this.#cancelGoodbye();
    this.#tcp.abort();
  }

  /** There is something to read, or room to write, at the simulated end. */
  resume(): void {
    this.#wakeReader();
    this.#wakeWriter();
  }

  /** The simulated end is gone. */
  end(): void {
    this.#ended = true;
    this.resume();
  }

  /** Drops the real connection. */
  abort(): void {
    this.end();
    this.#tcp.abort();
  }

  /** Real server → simulated client. */
  async #download(): Promise<void> {
    try {
      for (let bytes = await this.#tcp.read(); bytes; bytes = await this.#tcp.read()) {
        await this.#writeAll(bytes);
      }
    } catch {
      // A broken connection ends like a finished one.
    }
    if (!this.#ended) this.#end.close();
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.byteLength > 0 && !this.#ended;) {
      const piece = rest.slice(0, this.#end.space());
      if (piece.byteLength === 0) {
        await new Promise<void>((resolve) => this.#wakeWriter = resolve);
        continue;
      }
      rest = rest.subarray(piece.byteLength);
      this.#end.write(piece);
    }
  }

  /** Simulated client → real server. */
  async #upload(): Promise<void> {
    try {
      while (!this.#ended) {
        const bytes = this.#end.read();
        if (bytes !== undefined) await this.#tcp.write(bytes);
        else if (!this.#ended) await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
      await this.#tcp.end();
    } catch {
      // As above.
    }
    this.#cancelGoodbye = this.#clock.setTimer(GOODBYE, () => this.#tcp.abort());
  }
}
