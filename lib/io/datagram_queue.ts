import type { Endpoint } from "../machine.ts";

/** A datagram and the other end it goes to or came from. */
export interface Datagram {
  readonly peer: Endpoint;
  readonly bytes: Uint8Array;
}

/** What a socket holds back while the system takes no more. Fits what a machine sends in one go. */
export const SEND_BACKLOG_BYTES = 1 << 20;

/** What a datagram costs beside its bytes, so that empty ones fill the queue too. */
const OVERHEAD_BYTES = 64;

/** Datagrams in order, up to a limit in bytes. */
export class DatagramQueue {
  readonly #limit: number;
  #items: Datagram[] = [];
  #bytes = 0;

  /** @param limit Bytes it may hold, counting 64 more for every datagram. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Whether there was room for it. */
  push(datagram: Datagram): boolean {
    const cost = datagram.bytes.byteLength + OVERHEAD_BYTES;
    if (this.#bytes + cost > this.#limit) return false;
    this.#bytes += cost;
    this.#items.push(datagram);
    return true;
  }

  peek(): Datagram | undefined {
    return this.#items[0];
  }

  shift(): Datagram | undefined {
    const datagram = this.#items.shift();
    if (datagram !== undefined) this.#bytes -= datagram.bytes.byteLength + OVERHEAD_BYTES;
    return datagram;
  }

  clear(): void {
    this.#items = [];
    this.#bytes = 0;
  }
}
