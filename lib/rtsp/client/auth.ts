import { encodeBase64 } from "../../bytes/base64.ts";
import { toHex } from "../../bytes/bytes.ts";
import type { Entropy } from "../../machine.ts";
import { type AuthScheme, formatAuth, parseChallenges } from "../auth_header.ts";
import type { Credentials } from "../credentials.ts";
import {
  DIGEST_ALGORITHMS,
  type DigestAlgorithm,
  digestAlgorithm,
  digestResponse,
} from "../digest.ts";

/** How often one request is tried again because its nonce was stale. */
export const MAX_STALE_RETRIES = 2;

/** What a 401 leads to. */
export type AuthVerdict =
  /** Send the request again, with what `authorization()` says now. */
  | { readonly type: "retry" }
  /** Give up; `detail` says why, in a clause. */
  | { readonly type: "refused"; readonly detail: string };

/** A challenge this client can answer. */
type Challenge =
  | { readonly type: "basic" }
  | {
    readonly type: "digest";
    readonly algorithm: DigestAlgorithm;
    readonly authRealm: string;
    readonly nonce: string;
    readonly opaque: string | undefined;
    readonly qop: boolean;
    readonly stale: boolean;
  };

/** What one request was sent with, to be handed back with its 401. */
export interface AuthAttempt {
  /** Value of Authorization; `undefined` while nothing has asked for one. */
  readonly header: string | undefined;
  readonly challenge: Challenge | undefined;
}

export interface ClientAuthOptions {
  readonly credentials: Credentials | undefined;
  readonly entropy: Entropy;
  /** Whether to answer Basic, which shows the password to everybody on the way. Default true. */
  readonly allowBasic?: boolean;
}

/**
 * Answers the challenges of one server, the strongest of those it offers. Cameras lock out whoever
 * is wrong a few times, so credentials that were never accepted are tried once.
 */
export class ClientAuth {
  readonly #options: ClientAuthOptions;
  #challenge: Challenge | undefined;
  #nonceCount = 0;
  /** Whether the server has taken these credentials before. */
  #accepted = false;

  constructor(options: ClientAuthOptions) {
    this.#options = options;
  }

  /** How to send a request now. */
  attempt(method: string, uri: string): AuthAttempt {
    const challenge = this.#challenge;
    const { credentials } = this.#options;
    if (challenge === undefined || credentials === undefined) {
      return { header: undefined, challenge: undefined };
    }
    const { user, password } = credentials;
    if (challenge.type === "basic") {
      const pair = new TextEncoder().encode(`${user}:${password.reveal()}`);
      return { header: `Basic ${encodeBase64(pair)}`, challenge };
    }
    const { algorithm, authRealm, nonce, opaque } = challenge;
    const qop = challenge.qop ? this.#nextUse() : undefined;
    const response = digestResponse({
      ...{ algorithm, user, authRealm, password: password.reveal(), method, uri, nonce, qop },
    });
    // In the order and with the quotes that old servers, which compare text, know from old clients.
    const header = formatAuth("Digest", {
      ...{ username: user, realm: authRealm, nonce, uri, response },
      ...(opaque === undefined ? {} : { opaque }),
      ...(qop === undefined ? {} : { cnonce: qop.clientNonce }),
    }, {
      ...(algorithm === "MD5" ? {} : { algorithm }),
      ...(qop === undefined ? {} : { qop: "auth", nc: qop.nonceCount }),
    });
    return { header, challenge };
  }

  /** A response other than 401 came to a request sent so. */
  accepted(attempt: AuthAttempt): void {
    this.#accepted ||= attempt.challenge !== undefined;
  }

  /**
   * A 401 came to a request sent so, with these values of WWW-Authenticate; `retries` counts the
   * times this request was sent again already with credentials.
   */
  challenged(attempt: AuthAttempt, values: readonly string[], retries: number): AuthVerdict {
    const { credentials, allowBasic = true } = this.#options;
    if (credentials === undefined) return refused("it asks for a user name and password");
    const offered = values.flatMap(parseChallenges).map(readChallenge)
      .filter((one) => one !== undefined);
    const usable = offered.filter((one) => allowBasic || one.type !== "basic");
    const [challenge] = usable.toSorted((a, b) => strength(b) - strength(a));
    if (challenge === undefined) {
      return refused(
        offered.length > 0
          ? "it would have the password in the clear"
          : "it asks for a kind of proof that is not known here",
      );
    }
    if (attempt.challenge !== undefined && !this.#isWorthARetry(attempt, challenge, retries)) {
      return refused("it refuses the user name or password");
    }
    this.#challenge = challenge;
    this.#nonceCount = 0;
    return { type: "retry" };
  }

  #isWorthARetry(attempt: AuthAttempt, challenge: Challenge, retries: number): boolean {
    if (challenge.type !== "digest" || attempt.challenge?.type !== "digest") return false;
    if (challenge.nonce === attempt.challenge.nonce) return false;
    if (challenge.stale) return retries <= MAX_STALE_RETRIES;
    // Many servers replace a nonce without calling it stale.
    return this.#accepted && retries === 0;
  }

  #nextUse(): { nonceCount: string; clientNonce: string } {
    this.#nonceCount++;
    return {
      nonceCount: this.#nonceCount.toString(16).padStart(8, "0"),
      clientNonce: toHex(this.#options.entropy(8)),
    };
  }
}

function readChallenge({ scheme, parameters }: AuthScheme): Challenge | undefined {
  if (scheme === "basic") return { type: "basic" };
  const algorithm = digestAlgorithm(parameters.get("algorithm"));
  const nonce = parameters.get("nonce");
  if (scheme !== "digest" || algorithm === undefined || nonce === undefined) return undefined;
  const qop = parameters.get("qop")?.toLowerCase().split(/[\s,]+/).filter((word) => word !== "");
  // Where qop is given without "auth" among it, only proof over the body is wanted.
  if (qop !== undefined && qop.length > 0 && !qop.includes("auth")) return undefined;
  return {
    type: "digest",
    algorithm,
    authRealm: parameters.get("realm") ?? "",
    nonce,
    opaque: parameters.get("opaque"),
    qop: qop !== undefined && qop.length > 0,
    stale: parameters.get("stale")?.toLowerCase() === "true",
  };
}

function strength(challenge: Challenge): number {
  return challenge.type === "basic" ? -1 : DIGEST_ALGORITHMS.indexOf(challenge.algorithm);
}

function refused(detail: string): AuthVerdict {
  return { type: "refused", detail };
}
