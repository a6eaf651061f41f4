import { concatBytes } from "../../lib/bytes/bytes.ts";
import type { ByteStream } from "../../lib/io/types.ts";
import type { Endpoint } from "../../lib/machine.ts";

/** Two ends of a connection in memory; each direction holds `capacity` bytes. */
export function memoryStreams(capacity = 65_536): readonly [MemoryStream, MemoryStream] {
  const there = new Pipe(capacity);
  const back = new Pipe(capacity);
  const a = { address: "127.0.0.1", port: 1 };
  const b = { address: "127.0.0.1", port: 2 };
  return [new MemoryStream(a, b, there, back), new MemoryStream(b, a, back, there)];
}

export class MemoryStream implements ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #out: Pipe;
  readonly #in: Pipe;

  constructor(local: Endpoint, remote: Endpoint, out: Pipe, input: Pipe) {
    this.local = local;
    this.remote = remote;
    this.#out = out;
    this.#in = input;
  }

  /** Bytes that wait to be read here. */
  get unread(): number {
    return this.#in.length;
  }

  /** Whether the other end has ended or broken the connection. */
  get isOver(): boolean {
    return this.#in.state !== "open";
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#in.read();
  }

  /** What waits to be read, without waiting for more. */
  take(): Uint8Array {
    return this.#in.take();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#out.write(bytes);
  }

  end(): Promise<void> {
    this.#out.close("ended");
    return Promise.resolve();
  }

  abort(): void {
    this.#out.close("broken");
    this.#in.close("broken");
  }
}

/** One direction. */
class Pipe {
  readonly #capacity: number;
  #chunks: Uint8Array[] = [];
  length = 0;
  state: "open" | "ended" | "broken" = "open";
  #wake: () => void = () => {};
  #changed: Promise<void> = this.#nextChange();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  take(): Uint8Array {
    const bytes = concatBytes(this.#chunks);
    this.#chunks = [];
    this.length = 0;
    this.#change();
    return bytes;
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.length === 0 && this.state === "open") await this.#changed;
    if (this.state === "broken") throw new Error("Cannot read as the connection is broken");
    return this.length > 0 ? this.take() : undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#check();
    // The writer may use its array again.
    this.#chunks.push(bytes.slice());
    this.length += bytes.byteLength;
    this.#change();
    while (this.length > this.#capacity) {
      await this.#changed;
      this.#check();
    }
  }

  close(state: "ended" | "broken"): void {
    if (this.state === "broken" || this.state === state) return;
    this.state = state;
    this.#change();
  }

  #check(): void {
    if (this.state !== "open") throw new Error(`Cannot write as the connection is ${this.state}`);
  }

  #change(): void {
    const wake = this.#wake;
    this.#changed = this.#nextChange();
    wake();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }
}
