/**
 * One GET over a byte stream, with a password where it is asked for: enough of HTTP/1.1 (RFC 9112)
 * for the web server of a camera.
 *
 * @module
 */

import { concatBytes } from "../../bytes/bytes.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import type { ByteStream } from "../../io/types.ts";
import type { Entropy } from "../../machine.ts";
import { ClientAuth } from "../../rtsp/client/auth.ts";
import type { Credentials } from "../../rtsp/credentials.ts";

/** What is taken of a response's head, and of the answer to a request without a password. */
export const MAX_HEAD_BYTES = 16 << 10;

/** The most chunks of one body: each has a line of its own. */
const MAX_CHUNKS = 65_536;

export interface HttpGetOptions {
  readonly path: string;
  readonly credentials: Credentials | undefined;
  readonly entropy: Entropy;
  readonly maxBytes: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Value of Content-Type, without its parameters, in small letters. */
  readonly type: string;
  readonly body: Uint8Array;
  /** Why the password did not help, with status 401. */
  readonly refusal: string | undefined;
}

/**
 * Gets `path`, in at most two requests: without a password, and with one if it is asked for. The
 * stream is of no more use then. Rejects with `DecodeError` for what is no HTTP or too large, and with
 * what the stream rejects with.
 */
export async function httpGet(stream: ByteStream, options: HttpGetOptions): Promise<HttpAnswer> {
  const { path, credentials, entropy, maxBytes } = options;
  const auth = new ClientAuth({ credentials, entropy, allowBasic: false });
  const reader = new Reader(stream);
  for (let retries = 0;; retries++) {
    const attempt = auth.attempt("GET", path);
    await stream.write(new TextEncoder().encode(requestText(path, attempt.header)));
    const head = parseHead(await reader.line(MAX_HEAD_BYTES));
    await readFields(reader, head);
    const body = await readBody(reader, head, maxBytes);
    const { status } = head;
    const type = head.type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
    if (status !== 401) return { status, type, body, refusal: undefined };
    const verdict = auth.challenged(attempt, head.challenges, retries);
    if (verdict.type === "refused") return { status, type, body, refusal: verdict.detail };
    if (head.closes || retries > 0) {
      const refusal = "it hung up before it could be given the password";
      return { status, type, body, refusal };
    }
  }
}

function requestText(path: string, authorization: string | undefined): string {
  const fields = authorization === undefined ? [] : [`Authorization: ${authorization}`];
  return [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", "Accept: */*", ...fields, "", ""].join("\r\n");
}

interface Head {
  readonly status: number;
  type: string;
  /** Length of the body; until the end of the stream where it is not given. */
  length: number | undefined;
  isChunked: boolean;
  /** Whether nothing follows this answer. */
  closes: boolean;
  readonly challenges: string[];
}

function parseHead(line: string): Head {
  const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(line);
  if (match === null) throw fail("it must begin with HTTP/1.1 and a status", line.slice(0, 64));
  return {
    status: Number(match[2]),
    type: "",
    length: undefined,
    isChunked: false,
    closes: match[1] === "0",
    challenges: [],
  };
}

async function readFields(reader: Reader, head: Head): Promise<void> {
  for (let left = MAX_HEAD_BYTES; left > 0;) {
    const line = await reader.line(left);
    left -= line.length + 2;
    if (line === "") return;
    const [name = "", value = ""] = line.split(/:(.*)/s, 2).map((part) => part.trim());
    switch (name.toLowerCase()) {
      case "content-type":
        head.type = value;
        break;
      case "content-length":
        if (!/^\d{1,10}$/.test(value)) throw fail("its length must be a number", value);
        head.length = Number(value);
        break;
      case "transfer-encoding":
        head.isChunked = /chunked$/i.test(value);
        break;
      case "connection":
        head.closes ||= value.toLowerCase() === "close";
        break;
      case "www-authenticate":
        head.challenges.push(value);
        break;
    }
  }
  throw fail(`its head must have at most ${MAX_HEAD_BYTES} bytes`, "more");
}

async function readBody(
  reader: Reader,
  { status, isChunked, length }: Head,
  maxBytes: number,
): Promise<Uint8Array> {
  if (status === 204 || status === 304) return new Uint8Array(0);
  if (isChunked) return await readChunks(reader, maxBytes);
  if (length === undefined) return await reader.rest(maxBytes);
  if (length > maxBytes) throw fail(`it must have at most ${maxBytes} bytes`, String(length));
  return await reader.bytes(length);
}

async function readChunks(reader: Reader, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let left = maxBytes; chunks.length < MAX_CHUNKS;) {
    const line = await reader.line(MAX_HEAD_BYTES);
    const length = /^[0-9a-f]{1,8}/i.exec(line)?.[0];
    if (length === undefined) throw fail("a chunk must begin with its length", line.slice(0, 64));
    const size = Number.parseInt(length, 16);
    if (size > left) throw fail(`it must have at most ${maxBytes} bytes`, "more");
    left -= size;
    chunks.push(await reader.bytes(size));
    // The line end behind the chunk, or the end of the trailer, of which there is none in practice.
    await reader.line(MAX_HEAD_BYTES);
    if (size === 0) return concatBytes(chunks);
  }
  throw fail(`it must have at most ${MAX_CHUNKS} chunks`, "more");
}

/** Lines and bytes of a stream. */
class Reader {
  readonly #stream: ByteStream;
  #rest: Uint8Array = new Uint8Array(0);
  #isOver = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** The next line without its end. */
  async line(maxBytes: number): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) return new TextDecoder("latin1").decode(this.#take(end + 1)).trimEnd();
      if (this.#rest.byteLength > maxBytes) throw fail("a line must end", "too long");
      await this.#more();
    }
  }

  async bytes(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = length; left > 0;) {
      if (this.#rest.byteLength === 0) await this.#more();
      const part = this.#take(Math.min(left, this.#rest.byteLength));
      parts.push(part);
      left -= part.byteLength;
    }
    return concatBytes(parts);
  }

  /** Everything up to the end of the stream. */
  async rest(maxBytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let length = 0; !this.#isOver;) {
      const part = this.#take(this.#rest.byteLength);
      parts.push(part);
      length += part.byteLength;
      if (length > maxBytes) throw fail(`it must have at most ${maxBytes} bytes`, "more");
      await this.#more().catch((error) => {
        if (!this.#isOver) throw error;
      });
    }
    return concatBytes(parts);
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  async #more(): Promise<void> {
    const bytes = await this.#stream.read();
    this.#isOver = bytes === undefined;
    if (bytes === undefined) throw fail("it must come whole", "cut short");
    this.#rest = concatBytes([this.#rest, bytes]);
  }
}

function fail(rule: string, value: string): DecodeError {
  return new DecodeError(`Cannot decode HTTP answer as ${rule}: ${JSON.stringify(value)}`);
}
