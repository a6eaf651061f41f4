/** A scripted device that opens no channel without authentication. For tests. @module */

import type { Duration } from "../../machine.ts";
import { type Field, parseBody } from "./body.ts";
import { DeviceCipher } from "./device_auth.ts";
import { sealInfo } from "./device_info.ts";
import { AGENT, type Answer, type Asked, type Reply, type Script } from "./scripted_cloud.ts";

export const CHANNEL = "/device/SERIAL/p2p-channel";
export const RELAY_CHANNEL = "/device/SERIAL/relay-channel";
export const INFO = "/info/device/";

export const SALT = "0123456789abcdef0123456789abcdef";
export const USER = "adm<i>n & co";
export const PASSWORD = "s3cret pässword";

/** The nonce under which the device answers. */
export const DEVICE_NONCE = "987654321";

const LOCAL_ADDRESSES = "192.168.1.110:45660,10.0.0.7:45660";

/** `/info/device` in each form of the salt. */
export const INFO_FORMS = {
  sealed: () => [{ fields: [["Info", sealInfo(JSON.stringify({ randsalt: SALT }))]] }],
  clear: () => [{ fields: [["RandSalt", SALT]] }],
  absent: () => [{}],
} as const satisfies Record<string, Answer>;

export class GuardedDevice {
  /** `Authenticated` requests for a channel that reached it, repeated ones too. */
  readonly attempts: Asked[] = [];
  /** The addresses that the client has sealed. */
  clientAddresses = "";

  readonly #cipher: DeviceCipher;
  readonly #salt: string;
  readonly #answerAfter: Duration;

  constructor(salt = SALT, password = PASSWORD, answerAfter: Duration = 300) {
    this.#salt = salt;
    this.#cipher = new DeviceCipher({ user: USER, password: { reveal: () => password } }, salt);
    this.#answerAfter = answerAfter;
  }

  /** What goes into the cloud's script. */
  get script(): Script {
    return {
      [INFO]: INFO_FORMS.sealed,
      [CHANNEL]: (asked) => this.#answerChannel(asked),
      [RELAY_CHANNEL]: (asked) => this.#answerRelayChannel(asked),
    };
  }

  #answerChannel(asked: Asked): readonly Reply[] {
    const fields = parseBody(asked.request.body);
    if (fields.has("DevAuth")) this.attempts.push(asked);
    const sealed = fields.get("LocalAddr") ?? "";
    const refusal = this.#refuse(fields, sealed);
    const trying = { code: 100, reason: "Trying" };
    if (refusal !== undefined) return [trying, { ...refusal, after: this.#answerAfter }];
    this.clientAddresses = this.#cipher.open(fields.get("Nonce") ?? "", sealed);
    const granted: readonly Field[] = [
      ["Identify", "8a 7 c6 8d b5 fe e6 58"],
      ["LocalAddr", this.#cipher.seal(DEVICE_NONCE, LOCAL_ADDRESSES)],
      ["Nonce", DEVICE_NONCE],
      ["PubAddr", "198.51.100.7:15634"],
    ];
    return [trying, { after: this.#answerAfter, fields: granted }];
  }

  #answerRelayChannel(asked: Asked): readonly Reply[] {
    const fields = parseBody(asked.request.body);
    const refusal = this.#refuse(fields, "");
    const isRightNonce = fields.get("Nonce") === DEVICE_NONCE;
    if (refusal !== undefined || !isRightNonce) return [refusal ?? { code: 403 }];
    return [{ after: 250, from: AGENT, reason: "Server Nat Info!" }];
  }

  #refuse(fields: ReadonlyMap<string, string>, payload: string): Reply | undefined {
    const error = fields.get("RandSalt") !== this.#salt
      ? "DevPwd_InvalidSalt"
      : fields.get("UserName") === USER && this.#cipher.verify(fields, payload)
      ? undefined
      : "DevPwd_Error";
    if (error === undefined) return undefined;
    return { code: 403, reason: "Forbidden", fields: [["ErrCode", "4"], ["Error", error]] };
  }
}
