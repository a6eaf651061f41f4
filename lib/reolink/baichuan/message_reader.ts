import { DecodeError } from "../../bytes/decode_error.ts";
import {
  type BcHead,
  type BcHeader,
  decodeHead,
  MAX_HEADER_LENGTH,
  MIN_HEADER_LENGTH,
} from "./header.ts";

/** A message as cut out of the stream, its parts still enciphered. */
export interface RawMessage {
  readonly header: Required<BcHeader>;
  /** Never written to again. */
  readonly body: Uint8Array;
  /** Where in the body the payload begins, as the header says; may be beyond its end. */
  readonly payloadOffset: number;
}

/** The longest body taken in by default, in bytes. Pictures of any camera known are smaller. */
export const DEFAULT_MAX_BODY = 8 << 20;

/**
 * Cuts a byte stream into Baichuan messages, however the stream is cut into pieces.
 *
 * A message that lies in one piece is a view on that piece; any other is gathered in a buffer of its
 * own, each byte copied once or, where little comes at a time, a few times. What is held is less
 * than one message, and grows only with what has come. After a `DecodeError` the stream cannot be
 * read on, since nothing tells where its next message begins.
 */
export class MessageReader {
  readonly #maxBody: number;
  /** Of the piece handed in last, what is not taken out yet. */
  #input = new Uint8Array(0);
  /** The beginning of a message: the first `#gathered` bytes of the buffer. */
  #buffer = new Uint8Array(0);
  #gathered = 0;
  #gatheredHead: BcHead | undefined;

  /** @param maxBody Longest body of one message, in bytes. */
  constructor(maxBody: number = DEFAULT_MAX_BODY) {
    this.#maxBody = maxBody;
  }

  /** Bytes held of messages not yet taken out. */
  get buffered(): number {
    return this.#gathered + this.#input.byteLength;
  }

  /**
   * Takes in the next piece of the stream. The array is handed over: messages are views on it. Take
   * out all messages before the next piece comes.
   */
  push(bytes: Uint8Array): void {
    if (this.#input.byteLength > 0) {
      throw new RangeError(
        `Cannot push as all messages must be taken out first: ${this.#input.byteLength} bytes left`,
      );
    }
    this.#input = bytes as Uint8Array<ArrayBuffer>;
  }

  /** The next whole message, or `undefined` until there is one. Throws `DecodeError`. */
  next(): RawMessage | undefined {
    if (this.#gathered === 0) {
      const head = this.#head(this.#input);
      if (head !== undefined && this.#input.byteLength >= lengthOf(head)) {
        return cut(head, this.#take(lengthOf(head)));
      }
    }
    return this.#gather();
  }

  #gather(): RawMessage | undefined {
    for (;;) {
      const gathered = this.#buffer.subarray(0, this.#gathered);
      const head = this.#gatheredHead ??= this.#head(gathered);
      const wanted = head === undefined ? nextHeaderLength(this.#gathered) : lengthOf(head);
      if (head !== undefined && this.#gathered === wanted) {
        this.#buffer = new Uint8Array(0);
        this.#gathered = 0;
        this.#gatheredHead = undefined;
        return cut(head, gathered);
      }
      if (this.#input.byteLength === 0) return undefined;
      const missing = wanted - this.#gathered;
      this.#append(this.#take(Math.min(missing, this.#input.byteLength)), wanted);
    }
  }

  /** @param wanted How long the buffer has to become, as far as known. */
  #append(bytes: Uint8Array, wanted: number): void {
    const needed = this.#gathered + bytes.byteLength;
    if (needed > this.#buffer.byteLength) {
      const grown = new Uint8Array(Math.max(needed, Math.min(wanted, 2 * needed)));
      grown.set(this.#buffer.subarray(0, this.#gathered));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#gathered);
    this.#gathered = needed;
  }

  #take(length: number): Uint8Array {
    const taken = this.#input.subarray(0, length);
    this.#input = this.#input.subarray(length);
    return taken;
  }

  #head(bytes: Uint8Array): BcHead | undefined {
    const head = decodeHead(bytes);
    if (head !== undefined && head.bodyLength > this.#maxBody) {
      throw new DecodeError(
        `Cannot decode Baichuan message as its body may have ${this.#maxBody} bytes: ${head.bodyLength}`,
      );
    }
    return head;
  }
}

/** Where to look for a header again: a short one may be all there is. */
function nextHeaderLength(gathered: number): number {
  return gathered < MIN_HEADER_LENGTH ? MIN_HEADER_LENGTH : MAX_HEADER_LENGTH;
}

function lengthOf(head: BcHead): number {
  return head.headerLength + head.bodyLength;
}

function cut(head: BcHead, whole: Uint8Array): RawMessage {
  const { header, payloadOffset } = head;
  return { header, body: whole.subarray(head.headerLength), payloadOffset };
}
