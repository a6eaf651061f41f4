import type { ByteStream, World } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";

/** What happens to a TCP connection that we dial. */
export type TcpEvent =
  | { readonly type: "dial"; readonly remote: Endpoint }
  | { readonly type: "dialed"; readonly local: Endpoint; readonly remote: Endpoint }
  /** It could not be had; `detail` says why. */
  | { readonly type: "undialed"; readonly remote: Endpoint; readonly detail: string }
  /** `bytes` are borrowed for the call. */
  | { readonly type: "data"; readonly direction: "in" | "out"; readonly bytes: Uint8Array }
  /** One half is over. */
  | { readonly type: "end"; readonly direction: "in" | "out" }
  /** It broke. Of one that was aborted here, `detail` is empty. */
  | { readonly type: "broken"; readonly detail: string }
  /** Behind the last of those. */
  | { readonly type: "closed" };

/** @param stream Counts the connections dialed, from 1. */
export type TcpTap = (stream: number, event: TcpEvent) => void;

/** The same world, in which `tap` hears of every TCP connection dialed from now on. */
export function withTcpTap(world: World, tap: TcpTap): World {
  let streams = 0;
  return {
    ...world,
    async dialTcp(remote, signal) {
      streams += 1;
      const id = streams;
      tap(id, { type: "dial", remote });
      try {
        const stream = await world.dialTcp(remote, signal);
        tap(id, { type: "dialed", local: stream.local, remote });
        return new TappedStream(stream, (event) => tap(id, event));
      } catch (error) {
        tap(id, { type: "undialed", remote, detail: wordsOf(error) });
        throw error;
      }
    },
  };
}

class TappedStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #tap: (event: TcpEvent) => void;
  /** Directions that are over; both once it is broken. */
  readonly #over = new Set<"in" | "out">();

  constructor(inner: ByteStream, tap: (event: TcpEvent) => void) {
    this.#inner = inner;
    this.#tap = tap;
  }

  get local(): Endpoint {
    return this.#inner.local;
  }

  get remote(): Endpoint {
    return this.#inner.remote;
  }

  async read(): Promise<Uint8Array | undefined> {
    const bytes = await this.#watch(this.#inner.read());
    if (bytes === undefined) this.#end("in");
    else this.#tap({ type: "data", direction: "in", bytes });
    return bytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.#over.has("out")) this.#tap({ type: "data", direction: "out", bytes });
    return this.#watch(this.#inner.write(bytes));
  }

  end(): Promise<void> {
    this.#end("out");
    return this.#watch(this.#inner.end());
  }

  abort(): void {
    this.#break("");
    this.#inner.abort();
  }

  #end(direction: "in" | "out"): void {
    if (this.#over.has(direction)) return;
    this.#over.add(direction);
    this.#tap({ type: "end", direction });
    if (this.#over.size === 2) this.#tap({ type: "closed" });
  }

  #break(detail: string): void {
    if (this.#over.size === 2) return;
    this.#over.add("in").add("out");
    this.#tap({ type: "broken", detail });
    this.#tap({ type: "closed" });
  }

  async #watch<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#break(wordsOf(error));
      throw error;
    }
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
