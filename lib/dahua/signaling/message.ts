/**
 * The messages of the Dahua family's rendezvous servers: HTTP-shaped text, each in one UDP datagram.
 *
 * `DHGET /probe/p2psrv HTTP/1.1` asks, `HTTP/1.1 200 OK` answers; `CSeq` joins the two [wire].
 * Reading is lenient, since servers differ: lines end in CRLF or LF, a header needs no blank behind
 * its colon, its value may be empty. Writing is strict, since other clients are not lenient: always
 * `Name: value`, always a reason phrase.
 *
 * @module
 */

import { DecodeError } from "../../bytes/decode_error.ts";
import { DhHeaders } from "./headers.ts";

export type DhMethod = "GET" | "POST";

/** `dh` writes `DHGET` and `DHPOST`; newer vendor apps use `nf`: `NFGET` and `NFPOST` [impl]. */
export type DhDialect = "dh" | "nf";

export interface DhRequest {
  readonly method: DhMethod;
  readonly dialect: DhDialect;
  /** Begins with `/`; printable ASCII without blanks. */
  readonly path: string;
  readonly cseq: number;
  /** All but `CSeq` and `Content-Length`, which follow from the other fields. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface DhResponse {
  /** Three digits; 100 says that the true answer follows later. */
  readonly code: number;
  /** May have several words: `Server Nat Info!`. */
  readonly reason: string;
  readonly cseq?: number | undefined;
  /** All but `CSeq` and `Content-Length`. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The largest message read, in bytes. The largest seen in captures is below 1 KiB. */
export const MAX_MESSAGE_BYTES = 16_384;

/** The most header fields read. */
export const MAX_HEADERS = 48;

const MAX_CSEQ = 0xffff_ffff;

/** Whether a datagram's first byte is one that only signaling messages begin with. */
export function isSignalingDatagram(bytes: Uint8Array): boolean {
  const first = bytes[0];
  return first === 0x48 || first === 0x44 || first === 0x4e; // H(TTP), D(H…), N(F…)
}

/** The datagram of a request. Throws `RangeError` when the path cannot be written. */
export function encodeRequest(request: DhRequest): Uint8Array {
  if (!/^\/[\x21-\x7e]*$/.test(request.path)) {
    throw new RangeError(`Cannot encode request as its path must be printable: "${request.path}"`);
  }
  const verb = request.dialect.toUpperCase() + request.method;
  return encode(`${verb} ${request.path} HTTP/1.1`, request);
}

/** The datagram of a response. An empty reason is filled in. */
export function encodeResponse(response: DhResponse): Uint8Array {
  const reason = oneLine(response.reason) || (response.code < 400 ? "OK" : "Error");
  return encode(`HTTP/1.1 ${response.code} ${reason}`, response);
}

/** Throws `DecodeError`. */
export function decodeRequest(bytes: Uint8Array): DhRequest {
  const { first, cseq, headers, body } = decode(bytes);
  const match = /^(DH|NF)(GET|POST) +(\/[\x21-\x7e]*)(?: +HTTP\/1\.\d)?$/.exec(first);
  if (match === null) {
    throw new DecodeError(
      `Cannot decode request as it must begin with a verb: "${excerpt(first)}"`,
    );
  }
  if (cseq === undefined) {
    throw new DecodeError("Cannot decode request as it needs a CSeq: has none");
  }
  const dialect = match[1] === "NF" ? "nf" : "dh";
  const method = match[2] === "POST" ? "POST" : "GET";
  return { method, dialect, path: match[3] ?? "/", cseq, headers, body };
}

/** Throws `DecodeError`. */
export function decodeResponse(bytes: Uint8Array): DhResponse {
  const { first, cseq, headers, body } = decode(bytes);
  const match = /^HTTP\/1\.\d +([1-9]\d\d)(?: (.*))?$/.exec(first);
  if (match === null) {
    throw new DecodeError(`Cannot decode response as it needs a status: "${excerpt(first)}"`);
  }
  return { code: Number(match[1]), reason: match[2]?.trim() ?? "", cseq, headers, body };
}

interface Fields {
  readonly cseq?: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

function encode(first: string, fields: Fields): Uint8Array {
  const headers = new DhHeaders();
  if (fields.cseq !== undefined) headers.set("CSeq", String(fields.cseq));
  for (const [name, value] of fields.headers) headers.set(name, value);
  const body = new TextEncoder().encode(fields.body);
  if (body.byteLength > 0) {
    // Vendor clients send the type with an empty value [wire].
    if (!headers.has("Content-Type")) headers.set("Content-Type", "");
    headers.set("Content-Length", String(body.byteLength));
  }
  const lines = Array.from(headers, ([name, value]) => `${name}: ${oneLine(value)}`);
  const text = [first, ...lines, "", fields.body].join("\r\n");
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): Fields & { readonly first: string } {
  if (bytes.byteLength > MAX_MESSAGE_BYTES) {
    throw new DecodeError(
      `Cannot decode message as it may have ${MAX_MESSAGE_BYTES} bytes: has ${bytes.byteLength}`,
    );
  }
  // The datagram bounds the body. Content-Length is not asked: some clients leave it out, others
  // count characters, and padding with NUL bytes is dropped either way.
  const text = new TextDecoder().decode(withoutPadding(bytes));
  const blank = /\r?\n\r?\n/.exec(text);
  const head = blank === null ? text : text.slice(0, blank.index);
  const body = blank === null ? "" : text.slice(blank.index + blank[0].length);
  const [first = "", ...lines] = head.split(/\r?\n/);
  const headers = decodeHeaders(lines);
  const cseq = decodeCseq(headers.get("CSeq"));
  headers.delete("CSeq");
  headers.delete("Content-Length");
  return { first: first.trim(), cseq, headers, body };
}

function decodeHeaders(lines: readonly string[]): DhHeaders {
  if (lines.length > MAX_HEADERS) {
    throw new DecodeError(
      `Cannot decode message as it may have ${MAX_HEADERS} headers: has ${lines.length}`,
    );
  }
  const headers = new DhHeaders();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (name === "") {
      if (line.trim() === "") continue;
      throw new DecodeError(`Cannot decode header as it needs a name: "${excerpt(line)}"`);
    }
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

function decodeCseq(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const cseq = Number(text);
  return cseq <= MAX_CSEQ ? cseq : undefined;
}

function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.byteLength;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

/** Line breaks in a value would become headers of their own. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, " ").trim();
}

function excerpt(text: string): string {
  return text.slice(0, 64);
}
