import { DecodeError } from "../bytes/decode_error.ts";
import type { FrameSync } from "./frame_sync.ts";
import {
  INTERLEAVED_HEADER_LENGTH,
  INTERLEAVED_MAGIC,
  type InterleavedFrame,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
} from "./message.ts";
import { contentLength, type MessageHead, parseHead } from "./message_head.ts";

/** What a peer may make us hold. */
export interface MessageLimits {
  /** Start line and header fields of one message, in bytes. */
  readonly headBytes: number;
  /** Header fields of one message. */
  readonly fields: number;
  /** Body of one message, in bytes. */
  readonly bodyBytes: number;
  /** Bytes taken in and not yet taken out as messages. */
  readonly bufferedBytes: number;
}

export const DEFAULT_MESSAGE_LIMITS: MessageLimits = {
  headBytes: 16_384,
  fields: 64,
  bodyBytes: 65_536,
  bufferedBytes: 262_144,
};

/**
 * Bytes to be pushed at once. A runtime may read more than may wait in one go; cut to pieces, what
 * is complete is taken out before more comes in.
 */
export const MAX_PIECE_BYTES = 65_536;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts a byte stream into RTSP messages and interleaved frames, however the stream is cut into
 * pieces. After a `DecodeError` the stream cannot be read on, as its next message is lost.
 */
export class MessageReader {
  readonly #limits: MessageLimits;
  readonly #sync: FrameSync | undefined;
  /** What bytes are put into, one behind the other. Those taken out stay as they are. */
  #store = new Uint8Array(0);
  /** Bytes not yet taken out: a view on the store. */
  #buffer = this.#store;
  /** Bytes of the buffer already searched for the end of a head. */
  #searched = 0;
  /** A head whose body is not complete. */
  #head: { message: MessageHead; bodyLength: number } | undefined;

  /**
   * @param sync Where it is given, rubbish between messages is thrown away, and so are header
   * fields that are none; without it both are refused.
   */
  constructor(
    limits: MessageLimits = DEFAULT_MESSAGE_LIMITS,
    sync: FrameSync | undefined = undefined,
  ) {
    this.#limits = limits;
    this.#sync = sync;
  }

  /** Whether nothing waits to be completed. */
  get isEmpty(): boolean {
    return this.#buffer.byteLength === 0 && this.#head === undefined;
  }

  /** Takes in bytes of the stream. Throws `DecodeError` where too much is waiting. */
  push(bytes: Uint8Array): void {
    const length = this.#buffer.byteLength + bytes.byteLength;
    if (length > this.#limits.bufferedBytes) {
      throw tooMuch("bytes waiting", this.#limits.bufferedBytes, length);
    }
    if (this.#end + bytes.byteLength > this.#store.byteLength) this.#makeRoom(bytes.byteLength);
    this.#store.set(bytes, this.#end);
    this.#buffer = this.#store.subarray(this.#buffer.byteOffset, this.#end + bytes.byteLength);
  }

  /** Where the next bytes go in the store. */
  get #end(): number {
    return this.#buffer.byteOffset + this.#buffer.byteLength;
  }

  /** Room to spare where little comes at a time, or copying takes time with the square of it. */
  #makeRoom(length: number): void {
    const waiting = this.#buffer.byteLength;
    this.#store = new Uint8Array(waiting + (waiting > length ? waiting + length : length));
    this.#store.set(this.#buffer);
    this.#buffer = this.#store.subarray(0, waiting);
  }

  /** The next whole message, or `undefined` until there is one. Throws `DecodeError`. */
  next(): RtspMessage | undefined {
    if (this.#head === undefined) {
      this.#skipEmptyLines();
      if (!this.#skipJunk()) return undefined;
      if (this.#buffer[0] === INTERLEAVED_MAGIC) return this.#nextInterleaved();
      if (!this.#readHead()) return undefined;
    }
    return this.#nextWithBody();
  }

  /** RFC 2326 section 4.1: empty lines before a message are ignored. */
  #skipEmptyLines(): void {
    let count = 0;
    while (isLineEnd(this.#buffer[count])) count++;
    if (count > 0) this.#take(count);
  }

  /** Whether a message begins here, as far as `sync` can tell. */
  #skipJunk(): boolean {
    const sync = this.#sync;
    if (sync === undefined || this.#buffer.byteLength === 0) return true;
    const { junk, ready } = sync.look(this.#buffer);
    if (junk > 0) this.#take(junk);
    if (sync.isHopeless) {
      throw new DecodeError("Cannot decode RTSP stream as there must be a message in it");
    }
    return ready;
  }

  #nextInterleaved(): InterleavedFrame | undefined {
    if (this.#buffer.byteLength < INTERLEAVED_HEADER_LENGTH) return undefined;
    const [, channel = 0, high = 0, low = 0] = this.#buffer;
    const length = high * 256 + low;
    if (this.#buffer.byteLength < INTERLEAVED_HEADER_LENGTH + length) return undefined;
    const frame = this.#take(INTERLEAVED_HEADER_LENGTH + length);
    return { type: "interleaved", channel, payload: frame.subarray(INTERLEAVED_HEADER_LENGTH) };
  }

  #readHead(): boolean {
    const end = this.#findHeadEnd();
    const { headBytes, bodyBytes } = this.#limits;
    const length = end ?? this.#buffer.byteLength;
    if (length > headBytes) throw tooMuch("bytes of header", headBytes, length);
    if (end === undefined) return false;
    const message = this.#parseHead(end);
    const bodyLength = contentLength(message.headers);
    if (bodyLength > bodyBytes) throw tooMuch("bytes of body", bodyBytes, bodyLength);
    this.#head = { message, bodyLength };
    return true;
  }

  #parseHead(length: number): MessageHead {
    const text = new TextDecoder().decode(this.#take(length));
    return parseHead(text, this.#limits.fields, this.#sync !== undefined);
  }

  /** The end of the empty line after the header; a line may end in LF alone. */
  #findHeadEnd(): number | undefined {
    for (;;) {
      const at = this.#buffer.indexOf(LINE_FEED, this.#searched);
      if (at === -1) {
        this.#searched = this.#buffer.byteLength;
        return undefined;
      }
      this.#searched = at + 1;
      const before = this.#buffer[at - 1] === CARRIAGE_RETURN ? at - 2 : at - 1;
      if (this.#buffer[before] === LINE_FEED) return at + 1;
    }
  }

  #nextWithBody(): RtspRequest | RtspResponse | undefined {
    const head = this.#head;
    if (head === undefined || this.#buffer.byteLength < head.bodyLength) return undefined;
    this.#head = undefined;
    return { ...head.message, body: this.#take(head.bodyLength) };
  }

  #take(length: number): Uint8Array {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    this.#searched = 0;
    return taken;
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LINE_FEED || byte === CARRIAGE_RETURN;
}

function tooMuch(what: string, limit: number, got: number): DecodeError {
  return new DecodeError(`Cannot decode RTSP message as it may have ${limit} ${what}: ${got}`);
}
