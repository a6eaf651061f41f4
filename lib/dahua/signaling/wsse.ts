/**
 * How a client proves its account to the rendezvous servers: a WS-Security user name token with a
 * digest over nonce, time, account and key [wire]. It proves the *app*, not a user of the camera.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { DecodeError } from "../../bytes/decode_error.ts";
import { Reader } from "../../bytes/reader.ts";

/** An account at a rendezvous server. OEMs have their own. */
export interface DhAccount {
  readonly user: string;
  readonly key: string;
}

/** What a public client needs to be let in, as current ones send it [impl]. */
export const DEFAULT_ACCOUNT: DhAccount = {
  user: "cba1b29e32cb17aa46b8ff9e73c7f40b",
  key: "996103384cdf19179e19243e959bbf8b",
};

/** An older pair that some servers still take [impl]. */
export const LEGACY_ACCOUNT: DhAccount = { user: "P2PClient", key: "YXQ3Mahe-5H-R1Z_" };

/** The fields of an `X-WSSE` header. */
export interface WsseToken {
  readonly user: string;
  /** Base64 of a SHA-1. */
  readonly digest: string;
  /** Decimal text of a non-negative integer. */
  readonly nonce: string;
  /** UTC, `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly created: string;
}

/** base64(SHA-1(nonce ‖ created ‖ `DHP2P:` ‖ user ‖ `:` ‖ key)) [wire]. */
export function wsseDigest(account: DhAccount, nonce: string, created: string): string {
  const text = `${nonce}${created}DHP2P:${account.user}:${account.key}`;
  return createHash("sha1").update(text).digest("base64");
}

/** The token of one request. `nonce` is below 2³¹, `unixTime` in milliseconds. */
export function makeWsse(account: DhAccount, nonce: number, unixTime: number): WsseToken {
  const text = String(nonce);
  const created = formatCreated(unixTime);
  return { user: account.user, digest: wsseDigest(account, text, created), nonce: text, created };
}

/** The two headers that carry a token. */
export function wsseHeaders(token: WsseToken): readonly (readonly [string, string])[] {
  const { user, digest, nonce, created } = token;
  return [
    ["Authorization", 'WSSE profile="UsernameToken"'],
    [
      "X-WSSE",
      `UsernameToken Username="${user}", PasswordDigest="${digest}", Nonce="${nonce}", Created="${created}"`,
    ],
  ];
}

/** Reads the value of an `X-WSSE` header. Throws `DecodeError`. */
export function parseWsse(value: string): WsseToken {
  return {
    user: field(value, "Username"),
    digest: field(value, "PasswordDigest"),
    nonce: field(value, "Nonce"),
    created: field(value, "Created"),
  };
}

/** Whether the token is one that `account` made. Its age is for the caller to judge. */
export function verifyWsse(token: WsseToken, account: DhAccount): boolean {
  const expected = wsseDigest(account, token.nonce, token.created);
  return token.user === account.user && token.digest === expected;
}

/** `YYYY-MM-DDTHH:MM:SSZ` of a time in milliseconds since 1970. */
export function formatCreated(unixTime: number): string {
  return `${new Date(unixTime).toISOString().slice(0, 19)}Z`;
}

/** A number below 2³¹ from 4 random bytes. */
export function nonceFrom(bytes: Uint8Array): number {
  return new Reader(bytes, "nonce").u32() >>> 1;
}

function field(value: string, name: string): string {
  const match = new RegExp(`(?:^|[\\s,])${name}="([^"]{1,256})"`).exec(value);
  if (match?.[1] === undefined) {
    throw new DecodeError(`Cannot decode X-WSSE as it needs ${name}: "${value.slice(0, 64)}"`);
  }
  return match[1];
}
