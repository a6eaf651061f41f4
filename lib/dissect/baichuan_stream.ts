/** Baichuan's byte stream, however it travels: messages, their XML, and the media in them. @module */

import { concatBytes } from "../bytes/bytes.ts";
import { tryDecode } from "../bytes/try_decode.ts";
import { chosenMode, Cipher, type CipherMode } from "../reolink/baichuan/cipher.ts";
import { EXTENSION, type Extension } from "../reolink/baichuan/extension.ts";
import { BC_MAGIC, BC_MAGIC_DEVICE, BcClass } from "../reolink/baichuan/header.ts";
import { sessionKey } from "../reolink/baichuan/login_hash.ts";
import { MessageReader, type RawMessage } from "../reolink/baichuan/message_reader.ts";
import { parseXml } from "../xml/xml.ts";
import { baichuanName } from "./baichuan_names.ts";
import { BoundedMap } from "./bounded_map.ts";
import type { Findings } from "./findings.ts";
import { MediaStream } from "./media_stream.ts";
import { textOf } from "./signaling_dissection.ts";

/** Longer text would hide the rest. */
const MAX_XML = 16_384;

/** Previews followed in one direction. */
const MAX_MEDIA = 16;

/** Ids of messages that carry BcMedia: previews, and what is said to a camera. */
const MEDIA_IDS: readonly number[] = [3, 202];

/** What both directions of a connection share: the login settles how both are read. */
export class BaichuanSession {
  /** Without a key it reads what anybody can. */
  cipher = new Cipher();
  /** As the login had it; `undefined` while none was seen. */
  mode: CipherMode | undefined;
  /** Whether there is a key for what is enciphered with AES. */
  hasKey = false;
  readonly #password: string | undefined;

  constructor(password?: string) {
    this.#password = password;
  }

  /** Whether media are enciphered and nobody here has the key. */
  get hidesMedia(): boolean {
    return this.mode === "fullAes" && !this.hasKey;
  }

  /** Whether what cannot be read is enciphered: without a key, or with another one. */
  get isSealed(): boolean {
    return this.mode === "aes" || this.mode === "fullAes";
  }

  /** The camera has answered the first request of a login. */
  begin(mode: CipherMode, nonce: string | undefined): void {
    this.mode = mode;
    this.cipher = new Cipher();
    this.hasKey = this.#password !== undefined && nonce !== undefined;
    if (this.#password !== undefined && nonce !== undefined) {
      this.cipher.agree(mode, sessionKey(nonce, this.#password));
    }
  }
}

/** One direction of a connection. */
export class BaichuanStream {
  readonly #session: BaichuanSession;
  #reader = new MessageReader();
  readonly #media = new BoundedMap<MediaStream>(MAX_MEDIA);
  /** The next piece that begins with a message takes a lost stream up again. */
  #isLost: boolean;

  constructor(session: BaichuanSession, isLost: boolean) {
    this.#session = session;
    this.#isLost = isLost;
  }

  /** Bytes are missing. */
  lose(): void {
    this.#reader = new MessageReader();
    this.#isLost = true;
  }

  /** Reads the next piece, as it was sent; `offset` is where it begins in its packet. */
  push(piece: Uint8Array, offset: number, findings: Findings): void {
    if (this.#isLost && !startsMessage(piece)) return;
    this.#isLost = false;
    const isGood = findings.attempt(offset, () => {
      this.#reader.push(concatBytes([piece]));
      for (let raw = this.#reader.next(); raw; raw = this.#reader.next()) {
        this.#read(raw, offset, findings);
      }
    });
    if (!isGood) this.lose();
  }

  #read(raw: RawMessage, offset: number, findings: Findings): void {
    const { header, body, payloadOffset } = raw;
    if (payloadOffset > body.byteLength) {
      const rule = `a payload must begin within ${body.byteLength} bytes: ${payloadOffset}`;
      findings.errors.push({ offset, rule });
    }
    const at = Math.min(payloadOffset, body.byteLength);
    const front = body.subarray(0, at);
    const payload = body.subarray(at);
    const extension = this.#openText(raw, front);
    const isChoice = header.messageClass === BcClass.nonce;
    const mode = isChoice ? chosenMode(header.code) : undefined;
    const text = this.#openText(raw, payload);
    if (mode !== undefined) this.#session.begin(mode, nonceOf(text));
    const isMedia = MEDIA_IDS.includes(header.id) && payload.byteLength > 0 && text === undefined;
    const isRead = isMedia && !this.#session.hidesMedia;
    const opaque = (extension === undefined ? front.byteLength : 0) +
      (text === undefined && !isRead ? payload.byteLength : 0);
    const xml = [extension, text].filter((part) => part !== undefined);
    findings.fields.add({
      "bc.id": header.id,
      "bc.len": body.byteLength,
      "bc.channel": header.channel,
      "bc.stream": header.stream,
      "bc.num": header.num,
      "bc.code": header.code,
      "bc.class": header.messageClass,
      "bc.xml": xml.length === 0 ? undefined : xml.join(" "),
      "bc.opaque": opaque === 0 ? undefined : opaque,
    });
    findings.summaries.push(this.#describe(raw, mode, opaque, isRead));
    if (isRead) {
      const key = `${header.id}:${header.num}`;
      const media = this.#media.obtain(key, () => new MediaStream());
      media.push(this.#openMedia(extension, payload), offset, findings);
    }
  }

  #openText({ header }: RawMessage, sealed: Uint8Array): string | undefined {
    if (sealed.byteLength === 0 || sealed.byteLength > MAX_XML) return undefined;
    const open = this.#session.cipher.openText(header, sealed, looksLikeXml);
    return open === undefined ? undefined : textOf(open);
  }

  #openMedia(text: string | undefined, sealed: Uint8Array): Uint8Array {
    if (!this.#session.hasKey || text === undefined) return sealed;
    const extension = tryDecode((): Extension => EXTENSION.read(parseXml(text)));
    return this.#session.cipher.openBinary(extension, sealed);
  }

  #describe(
    { header, body }: RawMessage,
    mode: CipherMode | undefined,
    opaque: number,
    isMedia: boolean,
  ): string {
    const what = isMedia ? "media" : baichuanName(header.id);
    const code = header.code === 0 || isMedia ? "" : ` ${codeText(header.code)}`;
    const cipher = mode === undefined ? "" : `, cipher ${mode}`;
    const count = opaque === body.byteLength ? "" : `${opaque} bytes `;
    const why = this.#session.isSealed ? "enciphered" : "not read";
    const sealed = opaque === 0 ? "" : `, ${count}${why}`;
    return `${what}${code} #${header.num} of ${body.byteLength} bytes${cipher}${sealed}`;
  }
}

/** Whether a message begins here. */
export function startsMessage(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 4) return false;
  const magic = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return magic === BC_MAGIC || magic === BC_MAGIC_DEVICE;
}

/** Statuses are told as numbers; what offers or chooses a cipher has another look. */
function codeText(code: number): string {
  return code < 0x1000 ? `${code}` : `0x${code.toString(16)}`;
}

/** Captures made without credentials have stars in its place. */
function nonceOf(text: string | undefined): string | undefined {
  const nonce = /<nonce>([^<]+)<\/nonce>/.exec(text ?? "")?.[1];
  return nonce === undefined || /^\*+$/.test(nonce) ? undefined : nonce;
}

function looksLikeXml(bytes: Uint8Array): boolean {
  return /^\s*<(?:\?xml|body|Extension)\b/.test(new TextDecoder().decode(bytes));
}
