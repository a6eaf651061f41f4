/**
 * What waits to be written to one client: responses first, then media. Responses are always taken,
 * so whoever reads requests waits while `responseBytes` is large; media is offered only as far as
 * `mediaBytes` allows, which is for the one that offers it to look at.
 */
export class OutputQueue {
  readonly #responses = new Lane();
  readonly #media = new Lane();

  get responseBytes(): number {
    return this.#responses.bytes;
  }

  get mediaBytes(): number {
    return this.#media.bytes;
  }

  pushResponse(bytes: Uint8Array): void {
    this.#responses.push(bytes);
  }

  pushMedia(bytes: Uint8Array): void {
    this.#media.push(bytes);
  }

  /** The next bytes to write. */
  shift(): Uint8Array | undefined {
    return this.#responses.shift() ?? this.#media.shift();
  }

  clearMedia(): void {
    this.#media.clear();
  }
}

class Lane {
  #chunks: Uint8Array[] = [];
  bytes = 0;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.byteLength;
  }

  shift(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    this.bytes -= chunk?.byteLength ?? 0;
    return chunk;
  }

  clear(): void {
    this.#chunks = [];
    this.bytes = 0;
  }
}
