/**
 * What the P2P server knows about a device: above all the salt that the device mixes into its
 * passwords, without which no proof of an account is right.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "../../bytes/base64.ts";
import { DecodeError } from "../../bytes/decode_error.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import { aes256Ofb } from "../../crypto/aes_ofb.ts";
import { parseBody } from "./body.ts";

/** A device's salt as far as it could be learned. */
export interface DeviceSalt {
  readonly value: string;
  /** Why the default stands in for the device's own, as a clause; else `undefined`. */
  readonly missing: string | undefined;
}

/** The salt of devices that were never given one of their own [impl]. */
export const DEFAULT_RAND_SALT = "5daf91fc5cfc1be8e081cfb08f792726";

/** Every client has these, so they keep nothing secret [impl]. */
const INFO_KEY = new TextEncoder().encode("kRjmsUB&ezmdGLL67H#$ojw@XflcaIaf");
const INFO_IV = new TextEncoder().encode("MydvJw*Iw1w&i^kk");

/** 32 hex digits in all cases known. It is repeated in requests. */
const SALT = /^[\x21-\x7e]{1,128}$/;

/** Why there is no salt when an answer cannot be read. */
export const UNREADABLE = "what the P2P server says about the camera cannot be read";

/** The default salt, and why it has to do. */
export function defaultSalt(missing: string): DeviceSalt {
  return { value: DEFAULT_RAND_SALT, missing };
}

/**
 * The salt in an answer to `/info/device`: inside the enciphered `Info`, or else in clear as
 * `RandSalt` [impl]. Never throws: for a body that says nothing useful, the default.
 */
export function readSalt(body: string): DeviceSalt {
  const fields = tryDecode(() => parseBody(body));
  const sealed = fields?.get("Info") ?? "";
  const info = sealed === "" ? undefined : tryDecode(() => openInfo(sealed));
  const value = [saltIn(info), fields?.get("RandSalt")].find(isSalt);
  if (value !== undefined) return { value, missing: undefined };
  const isUnreadable = fields === undefined || (sealed !== "" && info === undefined);
  return defaultSalt(isUnreadable ? UNREADABLE : "the P2P server does not name it");
}

/** JSON about a device as the value of `Info`. */
export function sealInfo(json: string): string {
  return encodeBase64(aes256Ofb(INFO_KEY, INFO_IV, new TextEncoder().encode(json)));
}

/** The value behind `Info`. Throws `DecodeError`. */
function openInfo(sealed: string): unknown {
  const bytes = aes256Ofb(INFO_KEY, INFO_IV, decodeBase64(sealed, "device info"));
  try {
    // Some pad with NUL bytes up to a whole cipher block.
    return JSON.parse(new TextDecoder().decode(bytes).replace(/\0+$/, ""));
  } catch {
    throw new DecodeError("Cannot decode device info as it must be JSON once deciphered");
  }
}

function saltIn(info: unknown): unknown {
  const isObject = typeof info === "object" && info !== null;
  return isObject && "randsalt" in info ? info.randsalt : undefined;
}

function isSalt(value: unknown): value is string {
  return typeof value === "string" && SALT.test(value);
}
