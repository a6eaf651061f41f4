import type { Socket } from "node:net";
import type { Endpoint } from "../machine.ts";
import type { ByteStream } from "./types.ts";
import { formatEndpoint } from "../endpoint.ts";
import { type IoErrorCode, reasonOf, StreamError } from "./errors.ts";

/** A peer that left before it could be asked for its address. */
const NOBODY: Endpoint = { address: "0.0.0.0", port: 0 };

/** A `ByteStream` on a connected `node:net` socket made with `allowHalfOpen`. */
export class NodeByteStream implements ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #socket: Socket;
  /** The peer has sent everything it had, and we have read it. */
  #ended = false;
  /** Why nothing can be read or written any more. */
  #broken: StreamError | undefined;
  #wakeReader: () => void = () => {};
  #failWriter: (error: StreamError) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.local = endpointOf(socket.localAddress, socket.localPort);
    this.remote = endpointOf(socket.remoteAddress, socket.remotePort);
    // From now on the socket reads ahead, but for no more than its high-water mark of 64 KiB.
    socket.on("readable", () => this.#wakeReader());
    socket.on("end", () => this.#end());
    socket.on("error", (error) => this.#break(...reasonOf(error), error));
    socket.on("close", () => this.#break("closed", "it is closed"));
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#ended) return undefined;
      if (this.#broken !== undefined) throw this.#broken;
      const chunk: Uint8Array | null = this.#socket.read();
      // A `Buffer`, whose `slice()` copies nothing: what comes after relies on it being an array.
      if (chunk !== null) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#handOver((done) => this.#socket.write(bytes, done));
  }

  end(): Promise<void> {
    return this.#handOver((done) => this.#socket.end(done));
  }

  abort(): void {
    this.#break("closed", "it was aborted");
    this.#socket.resetAndDestroy();
  }

  /** Resolves once the operating system has taken everything, so that nothing piles up here. */
  #handOver(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      // Not every runtime calls back when the connection breaks meanwhile.
      this.#failWriter = reject;
      start((error) => error ? this.#break(...reasonOf(error), error) : resolve());
    });
  }

  #end(): void {
    this.#ended = true;
    this.#wakeReader();
  }

  #break(code: IoErrorCode, reason: string, cause?: unknown): void {
    if (this.#broken !== undefined) return;
    const peer = formatEndpoint(this.remote);
    this.#broken = new StreamError(code, `Cannot go on with TCP ${peer} as ${reason}`, cause);
    this.#wakeReader();
    this.#failWriter(this.#broken);
  }
}

function endpointOf(address: string | undefined, port: number | undefined): Endpoint {
  return address === undefined || port === undefined ? NOBODY : { address, port };
}
