import { tryDecode } from "../../bytes/try_decode.ts";
import { choiceCode, chosenMode, Cipher, LOGIN_ID } from "../../reolink/baichuan/cipher.ts";
import { BinaryMarks } from "../../reolink/baichuan/binary_marks.ts";
import { EXTENSION, type Extension } from "../../reolink/baichuan/extension.ts";
import { BcClass, type BcHead, decodeHead } from "../../reolink/baichuan/header.ts";
import { sessionKey } from "../../reolink/baichuan/login_hash.ts";
import { parseXml } from "../../xml/xml.ts";
import { thinBcMedia } from "./media_thin.ts";
import { changeAll } from "./ptcp_recast.ts";
import type { SameLength } from "./rtsp_recast.ts";

/** Messages with pictures and sound. */
const MEDIA_IDS: readonly number[] = [3];

/** Where in a header the code is. */
const CODE_AT = 16;

/** Elements whose texts are somebody's own, or could be. */
const OWN_ELEMENT =
  /<(\w*(?:name|ssid|uid|serial|mac|addr|host|mail|nonce|pass|pwd|token|key|auth)\w*)[^<>]*>([^<]*)<\//gi;

/** Of those, the ones that tell what a camera is. */
const COMMON_ELEMENTS: ReadonlySet<string> = new Set(["resolutionName"]);

const XML_LIMITS = { maxLength: 262_144, maxDepth: 16 };

/**
 * What a camera has sent on one Baichuan connection, from its beginning on; changed in place, as long
 * as before. It is in the clear afterwards, which every client can read: who was told the password
 * could decipher it, so it is deciphered here, and what is somebody's own in it is replaced.
 *
 * @param password That of the account. What cannot be read with it is not kept.
 */
export function recastBaichuan(
  bytes: Uint8Array,
  password: string | undefined,
  sameLength: SameLength,
): void {
  const recast = new BaichuanRecast(password ?? "", sameLength);
  let at = 0;
  for (let head = headAt(bytes, 0); head !== undefined; head = headAt(bytes, at)) {
    const start = at + head.headerLength;
    recast.change(head, bytes.subarray(at, start), bytes.subarray(start, start + head.bodyLength));
    at = start + head.bodyLength;
  }
  if (at < bytes.byteLength) bytes.fill(0, at);
  recast.finish();
}

/** What we have sent: what it was about stays, and nothing of what it said. */
export function blankBaichuan(bytes: Uint8Array): void {
  let at = 0;
  for (let head = headAt(bytes, 0); head !== undefined; head = headAt(bytes, at)) {
    const start = at + head.headerLength;
    at = start + head.bodyLength;
    bytes.fill(0, start, at);
  }
  bytes.fill(0, Math.min(at, bytes.byteLength));
}

function headAt(bytes: Uint8Array, at: number): BcHead | undefined {
  return at >= bytes.byteLength ? undefined : tryDecode(() => decodeHead(bytes.subarray(at)));
}

class BaichuanRecast {
  readonly #password: string;
  readonly #sameLength: SameLength;
  readonly #cipher = new Cipher();
  readonly #marks = new BinaryMarks();
  readonly #media: Uint8Array[] = [];

  constructor(password: string, sameLength: SameLength) {
    this.#password = password;
    this.#sameLength = sameLength;
  }

  change(head: BcHead, headBytes: Uint8Array, body: Uint8Array): void {
    const { header, payloadOffset } = head;
    const { id, num } = header;
    const front = body.subarray(0, payloadOffset);
    const rest = body.subarray(payloadOffset);
    const extension = this.#readExtension(head, front);
    this.#changeText(head, front);
    // Messages lie one behind the other in no time: no mark is forgotten.
    if (extension?.binary !== undefined) this.#marks.set(0, id, num, extension.binary);
    const isBinary = extension?.binary ?? this.#marks.has(0, id, num);
    if (rest.byteLength > 0) {
      if (!isBinary) this.#changeText(head, rest);
      else if (!MEDIA_IDS.includes(id)) rest.fill(0);
      else this.#keepMedia(extension, rest);
    }
    if (id === LOGIN_ID && chosenMode(header.code) === "fullAes") {
      // Clients of this mode expect pictures to be enciphered; of the one below, they take both.
      new DataView(headBytes.buffer, headBytes.byteOffset).setUint16(
        CODE_AT,
        choiceCode("aes"),
        true,
      );
    }
  }

  /** Nothing comes any more. */
  finish(): void {
    const starts: number[] = [];
    let length = 0;
    for (const { byteLength } of this.#media) {
      starts.push(length);
      length += byteLength;
    }
    changeAll(this.#media, (bytes) => thinBcMedia(bytes, starts));
  }

  #readExtension({ header }: BcHead, front: Uint8Array): Extension | undefined {
    const open = front.byteLength === 0
      ? undefined
      : this.#cipher.openText(header, front, looksLikeXml);
    if (open === undefined) return undefined;
    const text = new TextDecoder().decode(open).replace(/[\0\s]+$/, "");
    return tryDecode(() => EXTENSION.read(parseXml(text, XML_LIMITS)));
  }

  #keepMedia(extension: Extension | undefined, rest: Uint8Array): void {
    rest.set(this.#cipher.openBinary(extension, rest));
    this.#media.push(rest);
  }

  #changeText({ header }: BcHead, part: Uint8Array): void {
    if (part.byteLength === 0) return;
    const open = header.messageClass === BcClass.legacy
      ? undefined
      : this.#cipher.openText(header, part, looksLikeXml);
    if (open === undefined) return void part.fill(0);
    // One character a byte, so that places in the text are places in the bytes.
    const text = new TextDecoder("latin1").decode(open);
    if (header.id === LOGIN_ID) this.#learn(header.code, text);
    const changed = hideElements(this.#sameLength(text));
    for (let at = 0; at < part.byteLength; at++) part[at] = changed.charCodeAt(at) & 0xff;
  }

  /** The first answer of a login tells how to read the rest. */
  #learn(code: number, text: string): void {
    const nonce = /<nonce>([^<]*)</.exec(text)?.[1];
    if (nonce === undefined) return;
    this.#cipher.agree(chosenMode(code) ?? "aes", sessionKey(nonce, this.#password));
  }
}

function hideElements(text: string): string {
  return text.replace(OWN_ELEMENT, (whole, name: string, value: string) => {
    if (COMMON_ELEMENTS.has(name)) return whole;
    const start = whole.length - "</".length - value.length;
    // A number stays one: some of these names are of settings.
    const hidden = /^\d{1,4}$/.test(value) ? value : value.replace(/\d/g, "0").replace(
      /[^\d]/g,
      "x",
    );
    return `${whole.slice(0, start)}${hidden}</`;
  });
}

function looksLikeXml(bytes: Uint8Array): boolean {
  return /^\s*<(?:\?xml|body|Extension)\b/.test(new TextDecoder().decode(bytes));
}
