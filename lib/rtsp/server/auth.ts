import { createHash, timingSafeEqual } from "node:crypto";
import { decodeBase64 } from "../../bytes/base64.ts";
import { toHex } from "../../bytes/bytes.ts";
import { tryDecode } from "../../bytes/try_decode.ts";
import type { Entropy } from "../../machine.ts";
import { type AuthScheme, formatAuth, parseAuthorization } from "../auth_header.ts";
import type { Credentials } from "../credentials.ts";
import { digestAlgorithm, digestResponse } from "../digest.ts";
import type { RtspRequest } from "../message.ts";
import { parseRequestUrl } from "./request_url.ts";

/** Digest's realm and Basic's. */
export const AUTH_REALM = "sightline";

export interface ServerAuthOptions {
  /** Whoever is let in. Nobody where it is empty. */
  readonly users: readonly Credentials[];
  readonly entropy: Entropy;
  /** Somebody gave a user name or password that is none. */
  readonly onWrongPassword?: () => void;
}

/**
 * Lets the users of a list in, by Digest (SHA-256 or MD5, with `qop=auth` or without) or Basic. One
 * for each connection, as its nonce holds for that connection alone.
 */
export class ServerAuth {
  readonly #users: readonly Credentials[];
  readonly #nonce: string;
  readonly #onWrongPassword: () => void;

  constructor({ users, entropy, onWrongPassword = () => {} }: ServerAuthOptions) {
    this.#users = users;
    this.#onWrongPassword = onWrongPassword;
    this.#nonce = toHex(entropy(16));
  }

  /** `undefined` when `request` proves to be a user's, otherwise the challenges to refuse it with. */
  authorize(request: RtspRequest): readonly string[] | undefined {
    const value = request.headers.get("Authorization");
    if (value === undefined) return this.#challenges(false);
    const answer = parseAuthorization(value);
    const isGood = answer.scheme === "basic"
      ? this.#isBasicGood(answer.word)
      : answer.scheme === "digest" && this.#isDigestGood(answer, request);
    if (!isGood) {
      this.#onWrongPassword();
      return this.#challenges(false);
    }
    if (answer.scheme === "basic") return undefined;
    // Good, for a nonce of another connection: a player that saves itself a round trip.
    return answer.parameters.get("nonce") === this.#nonce ? undefined : this.#challenges(true);
  }

  /**
   * Strongest first, as RFC 7616 section 3.7 wants it; players that take the last Digest they see
   * know MD5 only. That one is without `qop`, and begins with realm and nonce, for the sake of
   * players that know nothing newer than RFC 2069 and read it by its form.
   */
  #challenges(stale: boolean): readonly string[] {
    const digest = { realm: AUTH_REALM, nonce: this.#nonce };
    const bare: Record<string, string> = stale ? { stale: "true" } : {};
    return [
      formatAuth("Digest", { ...digest, qop: "auth" }, { ...bare, algorithm: "SHA-256" }),
      formatAuth("Digest", digest, bare),
      formatAuth("Basic", { realm: AUTH_REALM }),
    ];
  }

  #isBasicGood(word: string): boolean {
    const pair = tryDecode(() => decodeBase64(word, "Basic credentials"));
    const given = pair === undefined ? "" : new TextDecoder().decode(pair);
    return this.#isAny(({ user, password }) => [given, `${user}:${password.reveal()}`]);
  }

  #isDigestGood({ parameters }: AuthScheme, { method, uri: asked }: RtspRequest): boolean {
    const given = (name: string) => parameters.get(name) ?? "";
    const algorithm = digestAlgorithm(parameters.get("algorithm"));
    const uri = given("uri");
    const qop = given("qop").toLowerCase();
    if (algorithm === undefined || given("realm") !== AUTH_REALM) return false;
    if ((qop !== "" && qop !== "auth") || !isSameResource(uri, asked)) return false;
    const use = { nonceCount: given("nc"), clientNonce: given("cnonce") };
    return this.#isAny(({ user, password }) => [
      `${given("username")}:${given("response").toLowerCase()}`,
      `${user}:${
        digestResponse({
          ...{ algorithm, user, authRealm: AUTH_REALM, password: password.reveal(), method, uri },
          nonce: given("nonce"),
          qop: qop === "" ? undefined : use,
        })
      }`,
    ]);
  }

  /** Looks at every user whatever it finds, so that time tells nobody whose name is right. */
  #isAny(pair: (user: Credentials) => readonly [given: string, wanted: string]): boolean {
    let found = false;
    for (const user of this.#users) {
      const [given, wanted] = pair(user);
      found = isSameSecret(given, wanted) || found;
    }
    return found;
  }
}

/** In a time that does not depend on where the two differ, nor on how long they are. */
function isSameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/**
 * Whether a digest over `given` is good for a request of `asked`: the same URL, or that of the
 * whole for one of its tracks, which live555 signs all its requests with.
 */
function isSameResource(given: string, asked: string): boolean {
  if (given === asked) return true;
  const [a, b] = [given, asked].map((uri) => tryDecode(() => parseRequestUrl(uri)));
  return a !== undefined && b !== undefined && a.path === b.path;
}
