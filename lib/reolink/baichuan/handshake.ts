import { tryDecode } from "../../bytes/try_decode.ts";
import type { Duration, Instant } from "../../machine.ts";
import type { TunnelEnd } from "../../tunnel_end.ts";
import type { Password } from "./account.ts";
import { chosenMode, type Cipher, type CipherMode, LOGIN_ID, offerCode } from "./cipher.ts";
import type { BcMessage } from "./codec.ts";
import { LOGIN, type LoginReply } from "./commands/login.ts";
import { NONCE } from "./commands/nonce.ts";
import { MAX_RETRIES, RETRY_PAUSE } from "./exchange.ts";
import { BcClass, type BcHeader } from "./header.ts";
import { loginHash, sessionKey } from "./login_hash.ts";
import { describeStatus, isSuccess } from "./outcome.ts";

/** How long a camera may take for each of the two steps. */
export const LOGIN_TIMEOUT: Duration = 10_000;

const STAGE = "login";

/** Statuses of cameras that want no password of their own, but an account with the vendor. */
const ACCOUNT_STATUSES: readonly number[] = [406, 417, 421];

export interface HandshakeOptions {
  readonly user: string;
  readonly password: Password | undefined;
  /** The strongest mode to offer. */
  readonly ceiling: CipherMode;
  /** Bytes 12 and 14 to 15 of both requests. */
  readonly channel: number;
  readonly num: number;
  /** Told of the mode as soon as it is agreed on. */
  readonly cipher: Cipher;
  readonly send: (message: BcMessage) => void;
}

/** How a login ended. */
export type HandshakeResult =
  | { readonly type: "in"; readonly reply: LoginReply }
  | { readonly type: "out"; readonly end: TunnelEnd };

/**
 * The login of one connection: a request without a body for the nonce, which also settles the
 * cipher, then name and password hashed with it. [capture]
 *
 * The first holds nothing secret and is asked again where a camera that has just woken puts it off
 * with status 400. The second goes out once: cameras may lock out who fails too often, and 400 means
 * a wrong password there.
 */
export class Handshake {
  readonly #options: HandshakeOptions;
  #step: "nonce" | "paused" | "login" | "over" = "nonce";
  #retriesLeft = MAX_RETRIES;
  /** When to give up, or to ask for the nonce again. */
  #at: Instant = 0;

  constructor(now: Instant, options: HandshakeOptions) {
    this.#options = options;
    this.#askNonce(now);
  }

  /** Takes a message of the login; `undefined` while there is no result. */
  handle(now: Instant, message: BcMessage): HandshakeResult | undefined {
    const { id, num } = message.header;
    if (id !== LOGIN_ID || num !== this.#options.num) return undefined;
    if (this.#step === "nonce") return this.#onNonce(now, message);
    return this.#step === "login" ? this.#onReply(message) : undefined;
  }

  handleTimeout(now: Instant): HandshakeResult | undefined {
    if (this.#step === "over" || now < this.#at) return undefined;
    if (this.#step === "paused") {
      this.#askNonce(now);
      return undefined;
    }
    const what = this.#step === "nonce" ? "to say hello" : "to the password";
    const detail = `the camera did not answer ${what} within ${LOGIN_TIMEOUT / 1_000} s`;
    return this.#out({ reason: "timeout", stage: STAGE, detail, advice: "" });
  }

  pollTimeout(): Instant | undefined {
    return this.#step === "over" ? undefined : this.#at;
  }

  #askNonce(now: Instant): void {
    this.#step = "nonce";
    this.#at = now + LOGIN_TIMEOUT;
    const { ceiling, send } = this.#options;
    send({
      header: this.#header(offerCode(ceiling), BcClass.legacy),
      ...NONCE.request.write({}),
    });
  }

  #onNonce(now: Instant, message: BcMessage): HandshakeResult | undefined {
    const { code } = message.header;
    const mode = chosenMode(code);
    if (mode === undefined && code >= 400 && code < 600) return this.#onPutOff(now, code);
    const encryption = tryDecode(() => NONCE.reply.read(message));
    if (encryption === undefined || encryption.nonce === "") {
      const detail = "the camera's answer to the login has no nonce that can be read";
      return this.#out({ reason: "protocol", stage: STAGE, detail, advice: "" });
    }
    // A camera that names no mode is taken to mean AES. [observed]
    this.#login(now, encryption.nonce, mode ?? "aes");
    return undefined;
  }

  #onPutOff(now: Instant, code: number): HandshakeResult | undefined {
    if (code !== 400 || this.#retriesLeft === 0) return this.#refused(code);
    this.#retriesLeft--;
    this.#step = "paused";
    this.#at = now + RETRY_PAUSE;
    return undefined;
  }

  #login(now: Instant, nonce: string, mode: CipherMode): void {
    const { user, cipher, send } = this.#options;
    const password = this.#options.password?.reveal();
    cipher.agree(mode, sessionKey(nonce, password ?? ""));
    this.#step = "login";
    this.#at = now + LOGIN_TIMEOUT;
    send({
      header: this.#header(0, BcClass.modern),
      ...LOGIN.request.write({
        userName: loginHash(user, nonce),
        // Cameras without a password want none, rather than the hash of none.
        password: password === undefined ? "" : loginHash(password, nonce),
      }),
    });
  }

  #onReply(message: BcMessage): HandshakeResult {
    const { code } = message.header;
    if (!isSuccess(code)) return this.#refused(code);
    // Some cameras say no with a yes that has nothing in it. [observed]
    if (message.payload.type === "none") return this.#wrongPassword("an empty reply");
    this.#step = "over";
    // We are in, whether or not we understand what the camera says of itself.
    return { type: "in", reply: tryDecode(() => LOGIN.reply.read(message)) ?? { device: {} } };
  }

  #refused(code: number): HandshakeResult {
    if (ACCOUNT_STATUSES.includes(code)) {
      return this.#out({
        reason: "auth",
        stage: STAGE,
        detail: `the camera requires account login (status ${code})`,
        advice:
          "Its firmware takes no user name and password; only the vendor's own app can log in.",
      });
    }
    const isPassword = this.#step === "login" && (code === 400 || code === 401);
    if (isPassword || code === 401) return this.#wrongPassword(`status ${code}`);
    const detail = `the camera refuses the login with ${describeStatus(code)}`;
    return this.#out({ reason: "peer", stage: STAGE, detail, advice: "" });
  }

  #wrongPassword(sign: string): HandshakeResult {
    return this.#out({
      reason: "auth",
      stage: STAGE,
      detail: `the camera refuses user name or password (${sign})`,
      advice:
        "Check user name and password; they are those of the camera, not of the app's account.",
    });
  }

  #out(end: TunnelEnd): HandshakeResult {
    this.#step = "over";
    return { type: "out", end };
  }

  #header(code: number, messageClass: number): BcHeader {
    const { channel, num } = this.#options;
    return { id: LOGIN_ID, channel, stream: 0, num, code, messageClass };
  }
}
