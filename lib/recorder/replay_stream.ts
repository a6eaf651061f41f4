import type { ByteStream } from "../io/types.ts";
import type { Endpoint } from "../machine.ts";

/** Our end of a recorded TCP connection: reads what was read then. */
export class ReplayStream implements ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #onWrite: (bytes: Uint8Array) => void;
  readonly #unread: Uint8Array[] = [];
  /** How it ends behind what is unread; empty where the other side just ended it. */
  #end: string | undefined;
  #isAborted = false;
  #wake = () => {};

  constructor(local: Endpoint, remote: Endpoint, onWrite: (bytes: Uint8Array) => void) {
    this.local = local;
    this.remote = remote;
    this.#onWrite = onWrite;
  }

  hear(bytes: Uint8Array): void {
    this.#unread.push(bytes);
    this.#wake();
  }

  finish(detail: string): void {
    this.#end ??= detail;
    this.#wake();
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#isAborted) throw new Error("the connection was aborted");
      const next = this.#unread.shift();
      if (next !== undefined) return next;
      if (this.#end === "") return undefined;
      if (this.#end !== undefined) throw new Error(this.#end);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isAborted) return Promise.reject(new Error("the connection was aborted"));
    if (this.#end) return Promise.reject(new Error(this.#end));
    this.#onWrite(bytes.slice());
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  abort(): void {
    this.#isAborted = true;
    this.#wake();
  }
}
