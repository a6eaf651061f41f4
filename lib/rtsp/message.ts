/** RTSP messages (RFC 2326 section 4 to 7) and interleaved frames (section 10.12). @module */

import { concatBytes } from "../bytes/bytes.ts";

/** Header fields in the order they came; names are compared without regard to case. */
export class RtspHeaders {
  readonly #fields: readonly (readonly [name: string, value: string])[];

  constructor(fields: readonly (readonly [name: string, value: string])[] = []) {
    this.#fields = fields;
  }

  /** The value of the first field called `name`. */
  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  /** The values of all fields called `name`: a server may send two challenges. */
  getAll(name: string): string[] {
    const key = name.toLowerCase();
    return this.#fields.filter(([other]) => other.toLowerCase() === key).map(([, value]) => value);
  }

  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#fields[Symbol.iterator]();
  }
}

export interface RtspRequest {
  readonly type: "request";
  /** Case matters: `DESCRIBE`. */
  readonly method: string;
  /** As on the request line: a URL or `*`. */
  readonly uri: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

export interface RtspResponse {
  readonly type: "response";
  readonly status: number;
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

/** Binary data between messages; channels are agreed by SETUP. */
export interface InterleavedFrame {
  readonly type: "interleaved";
  readonly channel: number;
  readonly payload: Uint8Array;
}

export type RtspMessage = RtspRequest | RtspResponse | InterleavedFrame;

/** First byte of an interleaved frame, `$`. */
export const INTERLEAVED_MAGIC = 0x24;

/** Bytes before the payload of an interleaved frame: magic, channel, 16 bits of length. */
export const INTERLEAVED_HEADER_LENGTH = 4;

/** A message as bytes, `Content-Length` added. Throws `RangeError` for a value with line ends. */
export function encodeMessage(message: RtspMessage): Uint8Array {
  if (message.type === "interleaved") return encodeInterleaved(message);
  const { body } = message;
  const lines = [
    startLine(message),
    ...Array.from(message.headers, ([n, value]) => `${n}: ${value}`),
  ];
  if (body.byteLength > 0) lines.push(`Content-Length: ${body.byteLength}`);
  const broken = lines.find((line) => /[\r\n\0]/.test(line));
  if (broken !== undefined) {
    throw new RangeError(
      `Cannot encode RTSP as a line holds no line end: ${JSON.stringify(broken)}`,
    );
  }
  return concatBytes([new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`), body]);
}

function startLine(message: RtspRequest | RtspResponse): string {
  if (message.type === "request") return `${message.method} ${message.uri} RTSP/1.0`;
  return `RTSP/1.0 ${message.status} ${message.reason}`;
}

function encodeInterleaved({ channel, payload }: InterleavedFrame): Uint8Array {
  const { byteLength } = payload;
  if (byteLength > 0xffff) {
    throw new RangeError(
      `Cannot encode interleaved frame as 65535 bytes are the most: ${byteLength}`,
    );
  }
  return concatBytes([
    Uint8Array.of(INTERLEAVED_MAGIC, channel, byteLength >>> 8, byteLength & 0xff),
    payload,
  ]);
}
