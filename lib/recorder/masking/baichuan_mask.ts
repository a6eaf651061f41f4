import { tryDecode } from "../../bytes/try_decode.ts";
import { concatBytes } from "../../bytes/bytes.ts";
import { chosenMode, Cipher, type CipherMode, LOGIN_ID } from "../../reolink/baichuan/cipher.ts";
import {
  BcClass,
  type BcHead,
  decodeHead,
  MAX_HEADER_LENGTH,
  MIN_HEADER_LENGTH,
} from "../../reolink/baichuan/header.ts";
import { maskAll } from "./ranges.ts";

/** The goodbye has name and password as they are. [observed] */
const LOGOUT_ID = 2;

/** Messages that bring pictures and sound: preview, snapshot, talk. */
const MEDIA_IDS: readonly number[] = [3, 109, 202];

const SECRET_ELEMENT = /<(\w*(?:userName|pass|pwd|nonce|token|key|auth)\w*)[^<>]*>([^<]*)<\//gi;

/**
 * Masks the credentials in one direction of a Baichuan stream, in place.
 *
 * Logins lose user name, password hash and the nonce. Without the nonce, neither a hash nor what is
 * enciphered with AES can be tried with guessed passwords. Other messages lose what looks like a
 * secret where they can be read without a password; a message that is not in one piece loses all.
 */
export class BaichuanMask {
  /** Knows no key: reads what anybody can. */
  readonly #cipher = new Cipher();
  #mode: CipherMode = "bc";
  #header: Uint8Array = new Uint8Array(0);
  /** Bytes left of a message's body, and whether they are masked. */
  #left = 0;
  #hidesLeft = false;
  #isLost = false;
  #isLoggedIn = false;
  readonly #onMode: (mode: CipherMode) => void;

  /** @param onMode Hears which cipher a login has agreed on. */
  constructor(onMode: (mode: CipherMode) => void) {
    this.#onMode = onMode;
  }

  /** Whether bytes behind a gap may be shown before what they are is known. */
  get mayShowAhead(): boolean {
    return this.#isLoggedIn && !this.#isReadable;
  }

  agree(mode: CipherMode): void {
    this.#mode = mode;
  }

  /** The next bytes of the stream. */
  mask(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      if (this.#isLost) return maskAll(bytes.subarray(at));
      at += this.#left > 0 ? this.#passBody(bytes.subarray(at)) : this.#passHeader(bytes, at);
    }
  }

  get #isReadable(): boolean {
    return this.#mode === "none" || this.#mode === "bc";
  }

  #passBody(rest: Uint8Array): number {
    const part = rest.subarray(0, this.#left);
    if (this.#hidesLeft) maskAll(part);
    this.#left -= part.byteLength;
    return part.byteLength;
  }

  /** Gathers a header, 24 bytes at most; returns how many bytes were used. */
  #passHeader(bytes: Uint8Array, at: number): number {
    const wanted = this.#header.byteLength < MIN_HEADER_LENGTH
      ? MIN_HEADER_LENGTH
      : MAX_HEADER_LENGTH;
    const part = bytes.subarray(at, at + wanted - this.#header.byteLength);
    this.#header = concatBytes([this.#header, part]);
    if (this.#header.byteLength < wanted) return part.byteLength;
    const head = decode(this.#header);
    if (head === "lost") {
      this.#isLost = true;
      maskAll(part);
    } else if (head !== undefined) {
      this.#header = new Uint8Array(0);
      return part.byteLength + this.#begin(head, bytes.subarray(at + part.byteLength));
    }
    return part.byteLength;
  }

  /** Decides on a message; returns how many bytes of it were masked as needed already. */
  #begin(head: BcHead, rest: Uint8Array): number {
    const { header, bodyLength } = head;
    const { id } = header;
    if (id === LOGIN_ID && header.messageClass === BcClass.nonce) {
      const mode = chosenMode(header.code);
      if (mode !== undefined) this.#onMode(mode);
    }
    this.#isLoggedIn ||= id !== LOGIN_ID;
    const isLogin = id === LOGIN_ID || id === LOGOUT_ID;
    if (bodyLength > rest.byteLength || MEDIA_IDS.includes(id)) {
      this.#left = bodyLength;
      this.#hidesLeft = isLogin || this.#isReadable && !MEDIA_IDS.includes(id);
      return 0;
    }
    const body = rest.subarray(0, bodyLength);
    const split = Math.min(head.payloadOffset, bodyLength);
    for (const part of [body.subarray(0, split), body.subarray(split)]) {
      const isRead = this.#maskText(head, part);
      if (!isRead && isLogin) maskAll(part);
    }
    return bodyLength;
  }

  /** Masks elements of XML; false where it is none that can be read. */
  #maskText({ header }: BcHead, part: Uint8Array): boolean {
    if (part.byteLength === 0 || header.messageClass === BcClass.legacy) return false;
    const open = this.#cipher.openText(header, part, looksLikeXml);
    if (open === undefined) return false;
    // One character a byte, so that places in the text are places in the bytes.
    const text = new TextDecoder("latin1").decode(open);
    const masked = open.slice();
    for (const match of text.matchAll(SECRET_ELEMENT)) {
      const end = match.index + match[0].length - "</".length;
      maskAll(masked.subarray(end - (match[2]?.length ?? 0), end));
    }
    // Every cipher that needs no password is an XOR: what differs in the clear differs as much.
    for (let at = 0; at < part.byteLength; at++) {
      part[at] = (part[at] ?? 0) ^ (open[at] ?? 0) ^ (masked[at] ?? 0);
    }
    return true;
  }
}

function decode(bytes: Uint8Array): BcHead | undefined | "lost" {
  const found = tryDecode(() => ({ head: decodeHead(bytes) }));
  return found === undefined ? "lost" : found.head;
}

function looksLikeXml(bytes: Uint8Array): boolean {
  return /^\s*<(?:\?xml|body|Extension)\b/.test(new TextDecoder().decode(bytes));
}
