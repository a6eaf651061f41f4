import { DecodeError } from "../../bytes/decode_error.ts";
import type { Instant } from "../../machine.ts";
import { parseXml, writeXml, type XmlElement, xmlElement, type XmlLimits } from "../../xml/xml.ts";
import { BinaryMarks } from "./binary_marks.ts";
import { Cipher } from "./cipher.ts";
import { EXTENSION, type Extension } from "./extension.ts";
import { BcClass, type BcHeader, encodeMessage } from "./header.ts";
import { MessageReader, type RawMessage } from "./message_reader.ts";

/** What a message carries besides its extension. */
export type BcPayload =
  | { readonly type: "none" }
  /** The elements inside of `body`. */
  | { readonly type: "xml"; readonly elements: readonly XmlElement[] }
  /** Media, pictures and the like; a view where nothing had to be deciphered. */
  | { readonly type: "binary"; readonly bytes: Uint8Array }
  /** Neither announced as binary nor XML under any cipher; as it came. */
  | { readonly type: "opaque"; readonly bytes: Uint8Array };

/** A message in the clear. */
export interface BcMessage {
  readonly header: BcHeader;
  readonly extension?: Extension;
  readonly payload: BcPayload;
}

/** Messages read, and problems that reading survived. They only grow. */
export interface CodecCounters {
  /** Messages passed on. */
  messages: number;
  /** Messages that could not be read; the next one could. */
  badMessages: number;
  /** Messages passed on with a payload nobody can read. */
  opaquePayloads: number;
}

/** XML of a body. Lists of recorders with many channels are long. */
const XML_LIMITS: XmlLimits = { maxLength: 262_144, maxDepth: 16 };

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

export const NO_PAYLOAD: BcPayload = { type: "none" };

/** The payload of a body with these elements. */
export function xmlPayload(...elements: readonly XmlElement[]): BcPayload {
  return { type: "xml", elements };
}

/** One end of a connection: bytes to messages and back. Client and camera use it alike. */
export class BaichuanCodec {
  /** Tell it what the login agreed on. */
  readonly cipher = new Cipher();
  readonly counters: CodecCounters = { messages: 0, badMessages: 0, opaquePayloads: 0 };
  readonly #reader: MessageReader;
  readonly #marks = new BinaryMarks();

  /** @param maxBody Longest body of one message, in bytes; 8 MiB by default. */
  constructor(maxBody?: number) {
    this.#reader = new MessageReader(maxBody);
  }

  /** Takes in bytes of the stream, which are handed over. Take out all messages before the next. */
  push(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  /**
   * The next message, or `undefined` until there is one. One at a time: a message of the login may
   * change how the next is read. Throws `DecodeError` where the stream cannot be read on.
   */
  next(now: Instant): BcMessage | undefined {
    for (let raw = this.#reader.next(); raw !== undefined; raw = this.#reader.next()) {
      try {
        const message = this.#decode(now, raw);
        this.counters.messages++;
        if (message.payload.type === "opaque") this.counters.opaquePayloads++;
        return message;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.counters.badMessages++;
      }
    }
    return undefined;
  }

  /** The bytes of a message. */
  encode({ header, extension, payload }: BcMessage): Uint8Array {
    const front = extension === undefined
      ? new Uint8Array(0)
      : this.cipher.sealText(header, toUtf8(EXTENSION.write("Extension", extension)));
    return encodeMessage(header, front, this.#encodePayload(header, extension, payload));
  }

  #encodePayload(
    header: BcHeader,
    extension: Extension | undefined,
    payload: BcPayload,
  ): Uint8Array {
    switch (payload.type) {
      case "none":
        return new Uint8Array(0);
      case "xml":
        return this.cipher.sealText(header, toUtf8(xmlElement("body", payload.elements)));
      case "binary":
        return this.cipher.sealBinary(extension, payload.bytes);
      case "opaque":
        return payload.bytes;
    }
  }

  #decode(now: Instant, { header, body, payloadOffset }: RawMessage): BcMessage {
    if (payloadOffset > body.byteLength) {
      throw new DecodeError(
        `Cannot decode Baichuan message as its payload must begin within ${body.byteLength} bytes: ${payloadOffset}`,
      );
    }
    const extension = this.#decodeExtension(header, body.subarray(0, payloadOffset));
    const { id, num } = header;
    if (extension?.binary !== undefined) this.#marks.set(now, id, num, extension.binary);
    const payload = body.subarray(payloadOffset);
    const isBinary = payload.byteLength > 0 &&
      (extension?.binary ?? this.#marks.has(now, id, num));
    return {
      header,
      ...(extension === undefined ? {} : { extension }),
      payload: isBinary
        ? { type: "binary", bytes: this.cipher.openBinary(extension, payload) }
        : this.#decodePayload(header, payload),
    };
  }

  #decodeExtension(header: BcHeader, sealed: Uint8Array): Extension | undefined {
    if (sealed.byteLength === 0) return undefined;
    const root = this.#decodeXml(header, sealed);
    if (root !== undefined) return EXTENSION.read(root);
    throw new DecodeError("Cannot decode Baichuan extension as it must be XML");
  }

  #decodePayload(header: BcHeader, sealed: Uint8Array): BcPayload {
    if (sealed.byteLength === 0) return NO_PAYLOAD;
    // Hashes and zeros.
    if (header.messageClass === BcClass.legacy) return { type: "binary", bytes: sealed };
    const root = this.#decodeXml(header, sealed);
    if (root === undefined) return { type: "opaque", bytes: sealed };
    return { type: "xml", elements: root.name === "body" ? root.children : [root] };
  }

  #decodeXml(header: BcHeader, sealed: Uint8Array): XmlElement | undefined {
    // UTF-8 takes at most three bytes for a code unit: text this long is over the limit.
    if (sealed.byteLength > 3 * XML_LIMITS.maxLength) return undefined;
    const bytes = this.cipher.openText(header, sealed, looksLikeXml);
    if (bytes === undefined) return undefined;
    return parseXml(new TextDecoder().decode(bytes).replace(/[\0\s]+$/, ""), XML_LIMITS);
  }
}

function looksLikeXml(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes);
  return /^\s*<(?:\?xml|body|Extension)\b/.test(text);
}

function toUtf8(root: XmlElement): Uint8Array {
  return new TextEncoder().encode(DECLARATION + writeXml(root));
}
