import type { Instant } from "../../machine.ts";
import { concatBytes } from "../../bytes/bytes.ts";
import { MAX_DATA_LENGTH } from "./message.ts";

/** Pieces are joined up to this size while they wait, so that tiny ones cannot eat memory. */
const JOIN_UP_TO = 1024;

/**
 * - `queued`: waits for its turn to be bound
 * - `binding`: the bind was sent and not answered
 * - `offered`: the peer's bind waits for our answer
 * - `open`: carries data
 * - `ended`: the peer said DISC; what it sent before is still to be read
 * - `flushing`: we closed it; what was written is still to be sent, then DISC
 */
export type RealmState = "queued" | "binding" | "offered" | "open" | "ended" | "flushing";

/** One TCP connection through the session: its state and its two queues. No policy. */
export class Realm {
  readonly id: number;
  readonly port: number;
  readonly address: string;
  state: RealmState;
  /** When the reader last took something, or the realm opened. */
  lastRead: Instant;
  /** Whether the writer was told to wait, and must hear when there is room. */
  writerWaits = false;
  readonly #inbox: Uint8Array[] = [];
  readonly #outbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #outboxBytes = 0;

  constructor(now: Instant, id: number, port: number, address: string, state: RealmState) {
    this.id = id;
    this.port = port;
    this.address = address;
    this.state = state;
    this.lastRead = now;
  }

  /** Bytes received that the reader has not taken. */
  get inboxBytes(): number {
    return this.#inboxBytes;
  }

  /** Bytes written that have not gone to the connection. */
  get outboxBytes(): number {
    return this.#outboxBytes;
  }

  /** Keeps received bytes for the reader; the array is handed over. */
  receive(bytes: Uint8Array): void {
    this.#inboxBytes += bytes.byteLength;
    const last = this.#inbox.at(-1);
    if (last === undefined || last.byteLength + bytes.byteLength > JOIN_UP_TO) {
      this.#inbox.push(bytes);
    } else {
      this.#inbox[this.#inbox.length - 1] = concatBytes([last, bytes]);
    }
  }

  read(now: Instant): Uint8Array | undefined {
    const bytes = this.#inbox.shift();
    if (bytes === undefined) return undefined;
    this.#inboxBytes -= bytes.byteLength;
    this.lastRead = now;
    return bytes;
  }

  discardInbox(): void {
    this.#inbox.length = 0;
    this.#inboxBytes = 0;
  }

  /** Queues bytes in pieces of one message each; the array is handed over. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += MAX_DATA_LENGTH) {
      this.#outbox.push(bytes.subarray(at, at + MAX_DATA_LENGTH));
    }
    this.#outboxBytes += bytes.byteLength;
  }

  /** Takes the data of the next message to send. */
  takePiece(): Uint8Array | undefined {
    const piece = this.#outbox.shift();
    if (piece !== undefined) this.#outboxBytes -= piece.byteLength;
    return piece;
  }
}
