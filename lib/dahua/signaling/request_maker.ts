import { toHex } from "../../bytes/bytes.ts";
import type { Duration, Entropy, Instant } from "../../machine.ts";
import { writeBody } from "./body.ts";
import { DhHeaders } from "./headers.ts";
import { type DhDialect, type DhResponse, encodeRequest } from "./message.ts";
import type { Question } from "./transaction.ts";
import { type DhAccount, makeWsse, nonceFrom, wsseHeaders } from "./wsse.ts";

export interface RequestMakerOptions {
  readonly account: DhAccount;
  readonly dialect: DhDialect;
  readonly entropy: Entropy;
  /** To be added to an instant to get milliseconds since 1970. */
  readonly wallClockOffset: Duration;
}

/** A server's date outside of these years is not believed. */
const EARLIEST = Date.UTC(2000);
const LATEST = Date.UTC(2100);

/** Numbers, dates and signs the requests of one attempt: all sockets share one count [impl]. */
export class RequestMaker {
  readonly #options: RequestMakerOptions;
  #wallClockOffset: Duration;
  #cseq = 0;

  constructor(options: RequestMakerOptions) {
    this.#options = options;
    this.#wallClockOffset = options.wallClockOffset;
  }

  make(now: Instant, question: Question): { readonly cseq: number; readonly bytes: Uint8Array } {
    const { account, dialect, entropy } = this.#options;
    const unixTime = now + this.#wallClockOffset;
    const token = makeWsse(account, nonceFrom(entropy(4)), unixTime);
    const headers = new DhHeaders(wsseHeaders(token));
    if (dialect === "nf") addAppHeaders(headers, entropy);
    const cseq = ++this.#cseq;
    const body = question.fields === undefined ? "" : writeBody(question.fields(unixTime));
    const method = body === "" ? "GET" : "POST";
    const { path } = question;
    return { cseq, bytes: encodeRequest({ method, dialect, path, cseq, headers, body }) };
  }

  /** Takes the server's time for the true one. Returns whether it told a believable one. */
  correctClock(now: Instant, response: DhResponse): boolean {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!(date >= EARLIEST && date < LATEST)) return false;
    this.#wallClockOffset = date - now;
    return true;
  }
}

/** What newer vendor apps add [impl]. */
function addAppHeaders(headers: DhHeaders, entropy: Entropy): void {
  headers.set("X-Version", "6.7.11");
  headers.set("X-TSVersion", "TS_1.1.4");
  headers.set("x-pcs-request-id", toHex(entropy(16)));
  headers.set("X-ToUType", "Client/Dmss_Android");
}
