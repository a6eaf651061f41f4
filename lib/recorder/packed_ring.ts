import type { Duration, Instant } from "../machine.ts";

const CHUNK_BYTES = 65_536;

/** Length of the payload, instant, kind, socket. */
const HEADER_LENGTH = 4 + 8 + 1 + 2;

/** One thing that happened. */
export interface PackedRecord {
  readonly at: Instant;
  /** What it is; a number below 256 whose meaning is the writer's. */
  readonly kind: number;
  /** A number below 65,536; 0 where it concerns none. */
  readonly socket: number;
  readonly payload: Uint8Array;
}

interface Chunk {
  readonly bytes: Uint8Array;
  used: number;
  /** When its last record was written. */
  last: Instant;
}

/**
 * The latest records, packed into chunks: a hundred thousand of them are a few arrays and no objects.
 * The oldest chunk goes when there are too many, or when all of it is too old.
 */
export class PackedRing {
  readonly #maxChunks: number;
  readonly #maxAge: Duration;
  readonly #chunks: Chunk[] = [];

  /** @param maxBytes Rounded up to whole chunks of 64 KiB. */
  constructor(maxBytes: number, maxAge: Duration) {
    this.#maxChunks = Math.ceil(maxBytes / CHUNK_BYTES);
    this.#maxAge = maxAge;
  }

  /** Memory taken. */
  get byteLength(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks.length = 0;
  }

  /** Copies what is given, the payload cut to what a chunk holds. */
  push({ at, kind, socket, payload }: PackedRecord): void {
    const kept = payload.subarray(0, CHUNK_BYTES - HEADER_LENGTH);
    const chunk = this.#chunkFor(HEADER_LENGTH + kept.byteLength, at);
    const view = new DataView(chunk.bytes.buffer, chunk.used);
    view.setUint32(0, kept.byteLength);
    view.setFloat64(4, at);
    view.setUint8(12, kind);
    view.setUint16(13, socket);
    chunk.bytes.set(kept, chunk.used + HEADER_LENGTH);
    chunk.used += HEADER_LENGTH + kept.byteLength;
    chunk.last = at;
  }

  /** Oldest first; payloads are copies. */
  *records(): Generator<PackedRecord> {
    for (const { bytes, used } of this.#chunks) {
      const view = new DataView(bytes.buffer);
      for (let at = 0; at < used;) {
        const start = at + HEADER_LENGTH;
        const end = start + view.getUint32(at);
        yield {
          at: view.getFloat64(at + 4),
          kind: view.getUint8(at + 12),
          socket: view.getUint16(at + 13),
          payload: bytes.slice(start, end),
        };
        at = end;
      }
    }
  }

  #chunkFor(length: number, now: Instant): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.used + length <= CHUNK_BYTES) return last;
    const oldest = this.#chunks[0];
    const isFull = this.#chunks.length >= this.#maxChunks;
    const isOld = oldest !== undefined && now - oldest.last > this.#maxAge;
    const spent = isFull || isOld ? this.#chunks.shift() : undefined;
    const chunk = { bytes: spent?.bytes ?? new Uint8Array(CHUNK_BYTES), used: 0, last: now };
    this.#chunks.push(chunk);
    return chunk;
  }
}
