import type { Entropy } from "../../machine.ts";
import { choiceCode, type CipherMode, offeredMode } from "../../reolink/baichuan/cipher.ts";
import type { LoginUser } from "../../reolink/baichuan/commands/login.ts";
import { isLoginHash, sessionKey } from "../../reolink/baichuan/login_hash.ts";
import type { CameraSettings, Encryption } from "./camera_settings.ts";

/** What is agreed on before a client shows who it is. */
export interface Challenge {
  readonly nonce: string;
  /** Of the header that carries the nonce. */
  readonly code: number;
  readonly mode: CipherMode;
  readonly key: Uint8Array;
}

const HEX = "0123456789ABCDEF";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** From the weakest. */
const MODES: readonly CipherMode[] = ["none", "bc", "aes", "fullAes"];

const OWN_MODES: Readonly<Record<Encryption, CipherMode>> = {
  none: "none",
  bc: "bc",
  aes: "aes",
  aes3: "aes",
  full: "fullAes",
};

/** The code of a choice of AES as some battery cameras have it [capture]. */
const AES3_CODE = 0xdd03;

/**
 * The answer to a first request: the strongest mode both can. `undefined` where its code is no
 * offer; a probe of one public client, whose code is 0, is answered in the clear [observed].
 */
export function challenge(
  offer: number,
  { password, encryption, quirks }: CameraSettings,
  entropy: Entropy,
): Challenge | undefined {
  const offered = offer === 0 ? "none" : offeredMode(offer);
  if (offered === undefined) return undefined;
  const own = OWN_MODES[encryption];
  const mode = MODES.indexOf(offered) < MODES.indexOf(own) ? offered : own;
  const code = mode === "aes" && encryption === "aes3" ? AES3_CODE : choiceCode(mode);
  const digits = quirks.nonceLength === 16 ? HEX : LETTERS;
  const bytes = entropy(quirks.nonceLength);
  const nonce = Array.from(bytes, (byte) => digits[byte % digits.length]).join("");
  return { nonce, code, mode, key: sessionKey(nonce, password) };
}

/** Whether these are the camera's user name and password, hashed with the nonce. */
export function isOwner(
  { userName, password }: LoginUser,
  nonce: string,
  settings: Pick<CameraSettings, "user" | "password">,
): boolean {
  const isUser = isLoginHash(userName, settings.user, nonce);
  // Whoever has no password leaves the hash out [observed].
  const isPassword = settings.password === "" && password === "" ||
    isLoginHash(password, settings.password, nonce);
  return isUser && isPassword;
}
