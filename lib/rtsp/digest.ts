/** Digest access authentication (RFC 7616; RFC 2069 where a peer knows no `qop`). @module */

import { createHash } from "node:crypto";

/** Weakest first. */
export const DIGEST_ALGORITHMS = ["MD5", "SHA-256"] as const;

export type DigestAlgorithm = typeof DIGEST_ALGORITHMS[number];

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly user: string;
  readonly authRealm: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  /** With `qop=auth`: how often the nonce has been used, 8 hex digits, and the client's nonce. */
  readonly qop: { readonly nonceCount: string; readonly clientNonce: string } | undefined;
}

/** The algorithm a peer names, MD5 where it names none; `undefined` for one not known here. */
export function digestAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  if (name === undefined || name === "") return "MD5";
  return DIGEST_ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
}

/** The `response` of RFC 7616 section 3.4.1, in hex. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, user, authRealm, password, method, uri, nonce, qop } = input;
  const secret = hash(algorithm, `${user}:${authRealm}:${password}`);
  const request = hash(algorithm, `${method}:${uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${qop.nonceCount}:${qop.clientNonce}:auth`;
  return hash(algorithm, `${secret}:${middle}:${request}`);
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm.replace("-", "").toLowerCase()).update(text).digest("hex");
}
