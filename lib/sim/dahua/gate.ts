import { tryDecode } from "../../bytes/try_decode.ts";
import { DhHeaders } from "../../dahua/signaling/headers.ts";
import type { DhRequest, DhResponse } from "../../dahua/signaling/message.ts";
import {
  DEFAULT_ACCOUNT,
  type DhAccount,
  LEGACY_ACCOUNT,
  parseWsse,
  verifyWsse,
  type WsseToken,
} from "../../dahua/signaling/wsse.ts";
import type { Duration } from "../../machine.ts";

/** How far a client's clock may be off. The real servers' tolerance is not known. */
const MAX_SKEW: Duration = 5 * 60_000;

/** Decides whether a client may ask anything: its account's digest, and its clock. */
export class Gate {
  readonly #accounts: readonly DhAccount[];

  constructor(accounts: readonly DhAccount[] = [DEFAULT_ACCOUNT, LEGACY_ACCOUNT]) {
    this.#accounts = accounts;
  }

  /**
   * The refusal of a request, or `undefined` for one that may pass.
   *
   * @param unixTime The server's time of day, in milliseconds since 1970.
   */
  refuse(unixTime: number, request: DhRequest): DhResponse | undefined {
    const token = tryDecode(() => parseWsse(request.headers.get("X-WSSE") ?? ""));
    if (token !== undefined && this.#isKnown(token) && isFresh(unixTime, token)) return undefined;
    return {
      code: 401,
      reason: "Unauthorized",
      cseq: request.cseq,
      // From the date, a client learns by how much its clock is off.
      headers: new DhHeaders([["Date", new Date(unixTime).toUTCString()]]),
      body: "",
    };
  }

  #isKnown(token: WsseToken): boolean {
    return this.#accounts.some((account) => verifyWsse(token, account));
  }
}

function isFresh(unixTime: number, token: WsseToken): boolean {
  return Math.abs(Date.parse(token.created) - unixTime) <= MAX_SKEW;
}
