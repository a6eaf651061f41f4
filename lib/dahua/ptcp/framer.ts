import { concatBytes } from "../../bytes/bytes.ts";
import { Reader } from "../../bytes/reader.ts";
import { ipv4Text } from "../../endpoint.ts";
import { MAX_SIGN_LENGTH, type Message, MESSAGE_HEADER_LENGTH, MessageType } from "./message.ts";

interface Header {
  readonly type: number;
  readonly length: number;
  readonly realm: number;
  readonly zero: number;
}

/** Bytes of data where the header's length says 0 although data follows [wire]. */
const UNDECLARED_LENGTH: Readonly<Record<number, number>> = {
  [MessageType.bind]: 8,
  [MessageType.status]: 4,
  [MessageType.sign]: 4,
  [MessageType.authenticate]: 4,
};

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(MessageType));

/** An unknown type that declares more is not believed to be a message at all. */
const MAX_UNKNOWN_LENGTH = 4096;

/** Far above the 1280 seen from devices and the 4096 naive clients send. */
const MAX_DATA_LENGTH = 0xffff;

type Body =
  | { readonly kind: "none" }
  /** Bytes of a realm, passed on as they come. */
  | { readonly kind: "data"; readonly realm: number; left: number }
  /** A type we do not know, skipped by its length. */
  | { readonly kind: "skip"; left: number }
  | { readonly kind: "small"; readonly header: Header; readonly length: number };

/**
 * Cuts the reassembled PTCP stream into messages.
 *
 * Messages straddle segments, and segments hold several messages, above all after loss or a closed
 * window. Data is passed on as it comes, so no peer can make us hold a long message; everything else
 * is at most a few hundred bytes. When a header makes no sense, the rest of that segment is dropped
 * and framing starts again at the next one, since senders begin messages there when they can.
 */
export class Framer {
  readonly #messages: Message[] = [];
  #pending: Uint8Array = new Uint8Array(0);
  #body: Body = { kind: "none" };
  #unknown = 0;
  #desynchronised = 0;

  /** Whether the next byte of the stream begins a message. */
  get atBoundary(): boolean {
    return this.#pending.byteLength === 0 && this.#body.kind === "none";
  }

  /** Messages of an unknown type that were skipped. */
  get unknown(): number {
    return this.#unknown;
  }

  /** Times framing was lost and taken up again. */
  get desynchronised(): number {
    return this.#desynchronised;
  }

  /** Takes the next chunk of the stream: the body of one segment. Data messages are views on it. */
  push(chunk: Uint8Array): void {
    const startedClean = this.atBoundary;
    let rest = this.#pending.byteLength === 0 ? chunk : concatBytes([this.#pending, chunk]);
    this.#pending = new Uint8Array(0);
    for (let first = startedClean;; first = false) {
      const used = this.#step(rest, first);
      if (used === undefined) break;
      rest = rest.subarray(used);
    }
    if (rest.byteLength > 0) this.#pending = rest.slice();
  }

  /** The next message, or `undefined`. */
  poll(): Message | undefined {
    return this.#messages.shift();
  }

  /** Makes one step of progress; returns the bytes used, or `undefined` when more are needed. */
  #step(rest: Uint8Array, atSegmentStart: boolean): number | undefined {
    const body = this.#body;
    if (rest.byteLength === 0) return undefined;
    switch (body.kind) {
      case "none":
        return this.#readHeader(rest, atSegmentStart);
      case "data":
      case "skip":
        return this.#passOn(body, rest);
      case "small":
        return this.#readSmall(body.header, body.length, rest);
    }
  }

  #readHeader(rest: Uint8Array, atSegmentStart: boolean): number | undefined {
    if (rest.byteLength < MESSAGE_HEADER_LENGTH) return undefined;
    const reader = new Reader(rest, "channel message");
    const header = {
      type: reader.u8(),
      length: reader.u24(),
      realm: reader.u32(),
      zero: reader.u32(),
    };
    if (!isPlausible(header)) {
      this.#desynchronised += 1;
      return rest.byteLength;
    }
    this.#body = this.#bodyOf(header, atSegmentStart ? reader.remaining : 0);
    return MESSAGE_HEADER_LENGTH;
  }

  /** @param segmentRest Bytes behind the header, if the message began with its segment; else 0. */
  #bodyOf(header: Header, segmentRest: number): Body {
    if (header.type === MessageType.data) {
      return header.length === 0
        ? { kind: "none" }
        : { kind: "data", realm: header.realm, left: header.length };
    }
    if (!KNOWN_TYPES.has(header.type)) {
      this.#unknown += 1;
      return header.length === 0 ? { kind: "none" } : { kind: "skip", left: header.length };
    }
    const length = header.length || (UNDECLARED_LENGTH[header.type] ?? 0);
    // A sign's size is not declared: it is what the segment has, 4 bytes in every capture.
    const isSign = header.type === MessageType.sign || header.type === MessageType.authenticate;
    const signLength = Math.min(Math.max(length, segmentRest), MAX_SIGN_LENGTH);
    const small: Body = { kind: "small", header, length: isSign ? signLength : length };
    if (small.length > 0) return small;
    this.#emit(header, new Uint8Array(0));
    return { kind: "none" };
  }

  #passOn(body: Extract<Body, { left: number }>, rest: Uint8Array): number {
    const bytes = rest.subarray(0, body.left);
    if (body.kind === "data") {
      this.#messages.push({ type: "data", realm: body.realm, bytes });
    }
    body.left -= bytes.byteLength;
    if (body.left === 0) this.#body = { kind: "none" };
    return bytes.byteLength;
  }

  #readSmall(header: Header, length: number, rest: Uint8Array): number | undefined {
    if (rest.byteLength < length) return undefined;
    this.#body = { kind: "none" };
    this.#emit(header, rest.slice(0, length));
    return length;
  }

  #emit(header: Header, data: Uint8Array): void {
    const message = toMessage(header, data);
    if (message === undefined) this.#unknown += 1;
    else this.#messages.push(message);
  }
}

function isPlausible(header: Header): boolean {
  if (header.zero !== 0) return false;
  if (header.type === MessageType.data) return header.length <= MAX_DATA_LENGTH;
  return header.length <= (KNOWN_TYPES.has(header.type) ? MAX_SIGN_LENGTH : MAX_UNKNOWN_LENGTH);
}

function toMessage(header: Header, data: Uint8Array): Message | undefined {
  const { realm } = header;
  switch (header.type) {
    case MessageType.bind:
      return toBind(realm, data);
    case MessageType.status: {
      const status = new TextDecoder().decode(data);
      return status === "CONN" || status === "DISC" ? { type: "status", realm, status } : undefined;
    }
    case MessageType.heartbeat:
      return { type: "heartbeat" };
    case MessageType.requestSign:
      return { type: "requestSign" };
    case MessageType.sign:
      return { type: "sign", sign: data };
    case MessageType.authenticate:
      return { type: "authenticate", sign: data };
    case MessageType.accepted:
      return { type: "accepted" };
    case MessageType.confirm:
      return { type: "confirm" };
    default:
      return undefined;
  }
}

function toBind(realm: number, data: Uint8Array): Message | undefined {
  if (data.byteLength < 8) return undefined;
  const reader = new Reader(data, "bind");
  const port = reader.u32();
  if (port < 1 || port > 65535) return undefined;
  return { type: "bind", realm, port, address: ipv4Text(reader.take(4)) };
}
