import { concatBytes } from "../bytes/bytes.ts";
import { DecodeError } from "../bytes/decode_error.ts";
import {
  INTERLEAVED_HEADER_LENGTH,
  INTERLEAVED_MAGIC,
  type InterleavedFrame,
  RtspHeaders,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
} from "./message.ts";

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

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

type Head = Omit<RtspRequest, "body"> | Omit<RtspResponse, "body">;

/**
 * Cuts a byte stream into RTSP messages and interleaved frames, however the stream is cut into
 * pieces. After a `DecodeError` the stream cannot be read on, as its next message is lost.
 */
export class MessageReader {
  readonly #limits: MessageLimits;
  /** Bytes not yet taken out; a view whose unread part starts at 0. */
  #buffer: Uint8Array = new Uint8Array(0);
  /** Bytes of the buffer already searched for the end of a head. */
  #searched = 0;
  /** A head whose body is not complete. */
  #head: { message: Head; bodyLength: number } | undefined;

  constructor(limits: MessageLimits = DEFAULT_MESSAGE_LIMITS) {
    this.#limits = limits;
  }

  /** Takes in bytes of the stream. Throws `DecodeError` where too much is waiting. */
  push(bytes: Uint8Array): void {
    const length = this.#buffer.byteLength + bytes.byteLength;
    if (length > this.#limits.bufferedBytes) {
      throw tooMuch("bytes waiting", this.#limits.bufferedBytes, length);
    }
    this.#buffer = concatBytes([this.#buffer, bytes]);
  }

  /** The next whole message, or `undefined` until there is one. Throws `DecodeError`. */
  next(): RtspMessage | undefined {
    if (this.#head === undefined) {
      this.#skipEmptyLines();
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
    const message = parseHead(new TextDecoder().decode(this.#take(end)), this.#limits.fields);
    const bodyLength = contentLength(message.headers);
    if (bodyLength > bodyBytes) throw tooMuch("bytes of body", bodyBytes, bodyLength);
    this.#head = { message, bodyLength };
    return true;
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

function parseHead(text: string, maxFields: number): Head {
  const [start = "", ...lines] = text.trimEnd().split(/\r?\n/);
  if (lines.length > maxFields) throw tooMuch("header fields", maxFields, lines.length);
  return parseStartLine(start, new RtspHeaders(lines.map(parseField)));
}

function parseStartLine(line: string, headers: RtspHeaders): Head {
  const request = /^([!-~]+) ([!-~]+) RTSP\/1\.\d+$/.exec(line);
  if (request !== null) {
    const [, method = "", uri = ""] = request;
    return { type: "request", method, uri, headers };
  }
  const response = /^RTSP\/1\.\d+ (\d{3})(?: (.*))?$/.exec(line);
  if (response !== null) {
    const [, status, reason = ""] = response;
    return { type: "response", status: Number(status), reason, headers };
  }
  throw new DecodeError(
    `Cannot decode RTSP message as its first line is no request or status line: ${quote(line)}`,
  );
}

function parseField(line: string): [name: string, value: string] {
  // No control characters in values: some are echoed, and NUL would end a line elsewhere.
  const match = /^([!-9;-~]+)[ \t]*:([\t -~\x80-\uffff]*)$/.exec(line);
  if (match === null) {
    throw new DecodeError(`Cannot decode RTSP header as it must be NAME: VALUE: ${quote(line)}`);
  }
  const [, name = "", value = ""] = match;
  return [name, value.trim()];
}

function contentLength(headers: RtspHeaders): number {
  const values = new Set(headers.getAll("Content-Length"));
  const [text = "0"] = values;
  if (values.size > 1 || !/^\d{1,10}$/.test(text)) {
    throw new DecodeError(
      `Cannot decode RTSP message as Content-Length must be one number: ${
        quote([...values].join())
      }`,
    );
  }
  return Number(text);
}

function tooMuch(what: string, limit: number, got: number): DecodeError {
  return new DecodeError(`Cannot decode RTSP message as it may have ${limit} ${what}: ${got}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
