import { DeviceCipher } from "../../dahua/signaling/device_auth.ts";
import { nonceFrom } from "../../dahua/signaling/wsse.ts";
import type { Duration, Entropy, Instant } from "../../machine.ts";
import {
  ACCOUNT_LOCKED,
  type Admission,
  AUTH_REQUIRED,
  type ChannelAnswer,
  PROOF_REFUSED,
} from "./channel_answer.ts";

export interface GuardOptions {
  readonly user: string;
  readonly password: string;
  readonly randSalt: string;
  /** The device's time of day at instant 0, in milliseconds since 1970. */
  readonly epoch: number;
}

/** What became of requests for a channel that came with a proof of an account. */
export interface GuardCounters {
  /** Repetitions of a request that the cloud has seen are not among them. */
  attempts: number;
  /** Wrong account or password, or too old. A wrong salt is another matter. */
  failures: number;
  /** Refused unseen, as there had been too many failures. */
  locked: number;
}

export type Verdict =
  | { readonly type: "admitted"; readonly admission: Admission }
  | { readonly type: "refused"; readonly answer: ChannelAnswer };

/** Failures in a row that lock the account. Devices have such a limit, and it differs. */
export const LOCK_AFTER = 5;

export const LOCKED_FOR: Duration = 5 * 60_000;

/** How old a proof may be. What real devices tolerate is not known. */
const MAX_SKEW: Duration = 5 * 60_000;

/** Nonces issued to clients that may come back with one; the oldest is forgotten. */
const MAX_NONCES = 64;

/** Lets in clients that prove an account of the device, and locks the account against guessing. */
export class DeviceGuard {
  readonly counters: GuardCounters = { attempts: 0, failures: 0, locked: 0 };
  readonly #options: GuardOptions;
  readonly #cipher: DeviceCipher;
  readonly #entropy: Entropy;
  readonly #nonces = new Set<string>();
  #failuresInRow = 0;
  #lockedUntil: Instant = -Infinity;

  constructor(options: GuardOptions, entropy: Entropy) {
    const { user, password, randSalt } = options;
    this.#options = options;
    this.#entropy = entropy;
    this.#cipher = new DeviceCipher({ user, password: { reveal: () => password } }, randSalt);
  }

  /** Judges the body of a request for a channel of its own: the address in it is part of the proof. */
  checkChannel(now: Instant, fields: ReadonlyMap<string, string>): Verdict {
    return this.#check(now, fields, fields.get("LocalAddr") ?? "", true);
  }

  /** Judges the body of a request for a relay channel, which goes on under the device's nonce. */
  checkRelay(now: Instant, fields: ReadonlyMap<string, string>): Verdict {
    return this.#check(now, fields, "", this.#nonces.has(fields.get("Nonce") ?? ""));
  }

  #check(
    now: Instant,
    fields: ReadonlyMap<string, string>,
    payload: string,
    isKnown: boolean,
  ): Verdict {
    if (!fields.has("DevAuth")) return refused(AUTH_REQUIRED);
    this.counters.attempts += 1;
    if (now < this.#lockedUntil) {
      this.counters.locked += 1;
      return refused(ACCOUNT_LOCKED);
    }
    // Nothing can be said of a password under another salt.
    if (fields.get("RandSalt") !== this.#options.randSalt) return refused(AUTH_REQUIRED);
    if (!isKnown || !this.#isProven(now, fields, payload)) return this.#fail(now);
    this.#failuresInRow = 0;
    return { type: "admitted", admission: this.#admit() };
  }

  #isProven(now: Instant, fields: ReadonlyMap<string, string>, payload: string): boolean {
    const age = this.#options.epoch + now - Number(fields.get("CreateDate")) * 1000;
    return fields.get("UserName") === this.#options.user && Math.abs(age) <= MAX_SKEW &&
      this.#cipher.verify(fields, payload);
  }

  #fail(now: Instant): Verdict {
    this.counters.failures += 1;
    this.#failuresInRow += 1;
    if (this.#failuresInRow >= LOCK_AFTER) {
      this.#failuresInRow = 0;
      this.#lockedUntil = now + LOCKED_FOR;
    }
    return refused(PROOF_REFUSED);
  }

  #admit(): Admission {
    const nonce = String(nonceFrom(this.#entropy(4)));
    this.#nonces.add(nonce);
    const [oldest] = this.#nonces;
    if (this.#nonces.size > MAX_NONCES && oldest !== undefined) this.#nonces.delete(oldest);
    return { nonce, seal: (addresses) => this.#cipher.seal(nonce, addresses) };
  }
}

function refused(answer: ChannelAnswer): Verdict {
  return { type: "refused", answer };
}
