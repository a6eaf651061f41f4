import { formatEndpoint } from "../../endpoint.ts";
import { writeBody } from "../../dahua/signaling/body.ts";
import { formatIdentify } from "../../dahua/signaling/identify.ts";
import type { Endpoint } from "../../machine.ts";

/** What a device says to a client's channel request, by way of the main server. */
export interface ChannelAnswer {
  readonly code: number;
  readonly reason: string;
  readonly body: string;
}

/** How the device answers one client, whose proof of an account it has accepted. */
export interface Admission {
  readonly nonce: string;
  /** Enciphers the device's addresses. */
  readonly seal: (addresses: string) => string;
}

/** The ways this device allows, as real ones list them [wire]. */
const POLICY = "p2p,udprelay";

export const REQUEST_UNDERSTOOD: ChannelAnswer = { code: 200, reason: "OK", body: "" };

export const REQUEST_MALFORMED: ChannelAnswer = { code: 400, reason: "Bad Request", body: "" };

/** Firmware from 2023 on, asked without device authentication, or with a wrong salt [wire]. */
export const AUTH_REQUIRED: ChannelAnswer = refusal("DevPwd_InvalidSalt");

/** A proof that is wrong. That it is refused likewise is known, the error's name is not [inferred]. */
export const PROOF_REFUSED: ChannelAnswer = refusal("DevPwd_Invalid");

/** There were too many of those. What real devices call it is not known. */
export const ACCOUNT_LOCKED: ChannelAnswer = refusal("DevPwd_Locked");

/**
 * Where the device can be reached: the answer to a `p2p-channel` request, field by field as [wire].
 *
 * @param admission For a client that has proven an account, which is not told the address in clear.
 */
export function channelGranted(
  identify: Uint8Array,
  local: Endpoint,
  mapped: Endpoint,
  admission?: Admission,
): ChannelAnswer {
  const localAddr = formatEndpoint(local);
  const body = writeBody([
    ["Identify", formatIdentify(identify)],
    admission === undefined ? ["IpEncrpt", "false"] : ["IpEncrptV2", "true"],
    ["LocalAddr", admission?.seal(localAddr) ?? localAddr],
    ["NatValueT", "1"],
    ...(admission === undefined ? [] : [["Nonce", admission.nonce]] as const),
    ["Policy", POLICY],
    ["PubAddr", formatEndpoint(mapped)],
    ["Relay", ":0"],
    ["version", "6.0.0"],
  ]);
  return { code: 200, reason: "OK", body };
}

function refusal(error: string): ChannelAnswer {
  const body = writeBody([["ErrCode", "4"], ["Error", error], ["Policy", POLICY]]);
  return { code: 403, reason: "Forbidden", body };
}
