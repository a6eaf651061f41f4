/**
 * How a client proves an account of the *device*, as firmware from 2023 on wants before it opens a
 * channel: a keyed digest over nonce, time and address, and the address itself enciphered [impl].
 *
 * All keys come from one: the MD5 of user name, the device's salt and password, as uppercase hex
 * whose 32 ASCII characters are the key. It is as good as the password, so it stays in here.
 *
 * @module
 */

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { decodeBase64, encodeBase64 } from "../../bytes/base64.ts";
import { aes256Ofb } from "../../crypto/aes_ofb.ts";
import type { Field } from "./body.ts";

/** A user of the device itself, not of the vendor's cloud. */
export interface DeviceAccount {
  readonly user: string;
  /** Hands out the password only when asked to, so that no dump of options shows it. */
  readonly password: { reveal(): string };
}

/** The elements of a body that make up a proof, by name. */
export interface DeviceProof {
  /** Seconds since 1970, decimal. */
  readonly createDate: string;
  /** Decimal text of a number below 2³¹. */
  readonly nonce: string;
  /** What the proof covers besides: the enciphered address, or nothing. */
  readonly payload: string;
}

const ADDRESS_IV = new TextEncoder().encode("2z52*lk9o6HRyJrf");

const ADDRESS_KEY_ROUNDS = 20_000;

/** Each costs milliseconds, and a channel needs two: the client's nonce and the device's. */
const MAX_ADDRESS_KEYS = 4;

/** The key all others come from, in the form in which it is used: uppercase hex. */
export function deviceKey(account: DeviceAccount, randSalt: string): string {
  const text = `${account.user}:Login to ${randSalt}:${account.password.reveal()}`;
  return createHash("md5").update(text).digest("hex").toUpperCase();
}

/** The key with which addresses are enciphered under `nonce`: 32 bytes. */
export function addressKey(key: string, nonce: string): Uint8Array {
  return pbkdf2Sync(key, nonce, ADDRESS_KEY_ROUNDS, 32, "sha256");
}

/** Proofs and ciphers of one account at one device. Both ends of a channel have one. */
export class DeviceCipher {
  readonly #key: string;
  /** By nonce; oldest first. */
  readonly #addressKeys = new Map<string, Uint8Array>();

  constructor(account: DeviceAccount, randSalt: string) {
    this.#key = deviceKey(account, randSalt);
  }

  /** The value of `DevAuth`. */
  sign({ nonce, createDate, payload }: DeviceProof): string {
    const text = `${nonce}${createDate}${payload}`;
    return createHmac("sha256", this.#key).update(text).digest("base64");
  }

  /** Whether the elements of a body prove the account; user name and salt are for the caller. */
  verify(fields: ReadonlyMap<string, string>, payload: string): boolean {
    const nonce = fields.get("Nonce") ?? "";
    const createDate = fields.get("CreateDate") ?? "";
    return fields.get("DevAuth") === this.sign({ nonce, createDate, payload });
  }

  /** Addresses as text, enciphered. */
  seal(nonce: string, addresses: string): string {
    const bytes = new TextEncoder().encode(addresses);
    return encodeBase64(aes256Ofb(this.#addressKey(nonce), ADDRESS_IV, bytes));
  }

  /** Reverses `seal`; gives garbage under another key. Throws `DecodeError`. */
  open(nonce: string, sealed: string): string {
    const bytes = decodeBase64(sealed, "address");
    return new TextDecoder().decode(aes256Ofb(this.#addressKey(nonce), ADDRESS_IV, bytes));
  }

  #addressKey(nonce: string): Uint8Array {
    const known = this.#addressKeys.get(nonce);
    if (known !== undefined) return known;
    const fresh = addressKey(this.#key, nonce);
    this.#addressKeys.set(nonce, fresh);
    const [oldest] = this.#addressKeys.keys();
    if (this.#addressKeys.size > MAX_ADDRESS_KEYS && oldest !== undefined) {
      this.#addressKeys.delete(oldest);
    }
    return fresh;
  }
}

/** A client's login at one device for one channel. */
export class DeviceLogin {
  readonly #user: string;
  readonly #randSalt: string;
  readonly #cipher: DeviceCipher;
  #nonce: string;

  /** @param nonce Random below 2³¹: for what is said before the device has named its own. */
  constructor(account: DeviceAccount, randSalt: string, nonce: number) {
    this.#user = account.user;
    this.#randSalt = randSalt;
    this.#cipher = new DeviceCipher(account, randSalt);
    this.#nonce = String(nonce);
  }

  /**
   * The elements that prove the account, first in a body and in the order that works [impl].
   *
   * @param unixTime In milliseconds since 1970.
   */
  prove(unixTime: number, payload = ""): readonly Field[] {
    const nonce = this.#nonce;
    const createDate = String(Math.floor(unixTime / 1000));
    return [
      ["CreateDate", createDate],
      ["DevAuth", this.#cipher.sign({ nonce, createDate, payload })],
      ["Nonce", nonce],
      ["RandSalt", this.#randSalt],
      ["UserName", this.#user],
    ];
  }

  seal(addresses: string): string {
    return this.#cipher.seal(this.#nonce, addresses);
  }

  /** The device enciphers under a nonce of its own. Throws `DecodeError`. */
  open(nonce: string | undefined, sealed: string): string {
    return this.#cipher.open(nonce ?? this.#nonce, sealed);
  }

  /** From now on, proofs are made with the device's nonce [impl]. */
  adoptNonce(nonce: string | undefined): void {
    this.#nonce = nonce ?? this.#nonce;
  }
}
