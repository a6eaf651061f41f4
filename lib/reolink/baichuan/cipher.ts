/**
 * Which part of which message is enciphered with what.
 *
 * | part                                | `none` | `bc`  | `aes` | `fullAes` |
 * |-------------------------------------|--------|-------|-------|-----------|
 * | first request of a login            | plain  | plain | plain | plain     |
 * | any other message with id 1         | plain  | BC    | BC    | BC        |
 * | extension or XML of other messages  | plain  | BC    | AES   | AES       |
 * | binary payload                      | plain  | plain | plain | the first `encryptLen` bytes AES |
 *
 * Reading is lenient: what does not come out as text is tried with the other ciphers too, and binary
 * payloads are checked against the word that came with them. [observed]
 *
 * @module
 */

import { decryptAes128Cfb, encryptAes128Cfb } from "../../crypto/aes_cfb.ts";
import { bcCipher } from "./bc_cipher.ts";
import { type Extension, wordAt } from "./extension.ts";
import { BcClass, type BcHeader } from "./header.ts";

/** What client and camera agree on in the login. */
export type CipherMode = "none" | "bc" | "aes" | "fullAes";

/** The id of all messages of a login. */
export const LOGIN_ID = 1;

/** Upper half of the code of the first request, with the highest mode the client can. */
const OFFER = 0xdc00;

/** Upper half of the code of the reply, with the mode chosen. */
const CHOICE = 0xdd00;

const MODE_NUMBERS = { none: 0x00, bc: 0x01, aes: 0x02, fullAes: 0x12 } as const;

/** How many bytes are looked at to tell text from noise. */
const LOOK_LENGTH = 64;

/** "0123456789abcdef" in ASCII, for every part of every message. */
const IV = new TextEncoder().encode("0123456789abcdef");

/** How one part of a message is read. */
type Reading = "none" | "bc" | "aes";

/** The code of the first request of a login. */
export function offerCode(mode: CipherMode): number {
  // AES was 0xdc03 with clients that knew no full AES. [observed]
  return OFFER + (mode === "aes" ? 0x03 : MODE_NUMBERS[mode]);
}

/** The highest mode a first request allows, or `undefined` where its code is no such offer. */
export function offeredMode(code: number): CipherMode | undefined {
  return (code & 0xff00) === OFFER ? modeOf(code & 0xff) : undefined;
}

/** The code of the reply to the first request. */
export function choiceCode(mode: CipherMode): number {
  return CHOICE + MODE_NUMBERS[mode];
}

/** The mode a camera has chosen, or `undefined` where the code names none. */
export function chosenMode(code: number): CipherMode | undefined {
  return (code & 0xff00) === CHOICE ? modeOf(code & 0xff) : undefined;
}

/** 0x03 was seen from an Argus 2 and means AES, as 0x02 does; unknown numbers are read so too. */
function modeOf(number: number): CipherMode {
  if (number === MODE_NUMBERS.none) return "none";
  if (number === MODE_NUMBERS.bc) return "bc";
  return number >= MODE_NUMBERS.fullAes ? "fullAes" : "aes";
}

/** The ciphers of one connection. Both ends use it alike. */
export class Cipher {
  #mode: CipherMode = "bc";
  #key: Uint8Array | undefined;

  /** The mode in force; the simple one until another is agreed on. */
  get mode(): CipherMode {
    return this.#mode;
  }

  /** From the next message on. AES modes need the key of the session. */
  agree(mode: CipherMode, key: Uint8Array): void {
    this.#mode = mode;
    this.#key = key;
  }

  /** Enciphers an extension or XML. */
  sealText(header: BcHeader, text: Uint8Array): Uint8Array {
    return this.#apply(this.#textReading(header), header.channel, text, encryptAes128Cfb);
  }

  /**
   * Deciphers an extension or XML. The first way of reading it whose beginning `isText` likes is
   * taken; `undefined` where it likes none.
   */
  openText(
    header: BcHeader,
    sealed: Uint8Array,
    isText: (bytes: Uint8Array) => boolean,
  ): Uint8Array | undefined {
    const expected = this.#textReading(header);
    const readings = new Set<Reading>([expected, "none", "bc", "aes"]);
    for (const reading of readings) {
      if (reading === "aes" && this.#key === undefined) continue;
      const open = (part: Uint8Array) => {
        return this.#apply(reading, header.channel, part, decryptAes128Cfb);
      };
      if (isText(open(sealed.subarray(0, LOOK_LENGTH)))) return open(sealed);
    }
    return undefined;
  }

  /** Enciphers the head of a binary payload, as far as its extension says. */
  sealBinary(extension: Extension | undefined, payload: Uint8Array): Uint8Array {
    const { encryptLength = 0 } = extension ?? {};
    return this.#mode === "fullAes"
      ? this.#head(encryptLength, payload, encryptAes128Cfb)
      : payload;
  }

  /** Deciphers the head of a binary payload, as far as its extension says. */
  openBinary(extension: Extension | undefined, sealed: Uint8Array): Uint8Array {
    const { encryptLength = 0, checkPosition, checkValue } = extension ?? {};
    if (encryptLength === 0 || this.#key === undefined) return sealed;
    const open = () => this.#head(encryptLength, sealed, decryptAes128Cfb);
    if (checkPosition === undefined || checkValue === undefined) {
      return this.#mode === "fullAes" ? open() : sealed;
    }
    const isGood = (bytes: Uint8Array) => wordAt(bytes, checkPosition) === checkValue;
    if (this.#mode !== "fullAes" && isGood(sealed)) return sealed;
    const opened = open();
    if (isGood(opened)) return opened;
    return this.#mode !== "fullAes" || isGood(sealed) ? sealed : opened;
  }

  #textReading({ id, messageClass, code }: BcHeader): Reading {
    if (messageClass === BcClass.legacy) return "none";
    // Its own code is the first to tell the mode.
    const mode = messageClass === BcClass.nonce ? chosenMode(code) ?? this.#mode : this.#mode;
    if (mode === "none") return "none";
    return id === LOGIN_ID || mode === "bc" || this.#key === undefined ? "bc" : "aes";
  }

  #apply(
    reading: Reading,
    offset: number,
    bytes: Uint8Array,
    aes: typeof encryptAes128Cfb,
  ): Uint8Array {
    if (reading === "none") return bytes;
    if (reading === "bc" || this.#key === undefined) return bcCipher(offset, bytes);
    return aes(this.#key, IV, bytes);
  }

  #head(length: number, bytes: Uint8Array, aes: typeof encryptAes128Cfb): Uint8Array {
    if (length === 0 || this.#key === undefined) return bytes;
    const whole = bytes.slice();
    whole.set(aes(this.#key, IV, bytes.subarray(0, length)));
    return whole;
  }
}
