import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import { DialError, reasonOf } from "./errors.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `http:` or `https:`. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  /** Its names in small letters. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** To be read once; rejects when the connection breaks or the request is called off. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends a request, or rejects with `DialError`. */
export type SendHttp = (request: HttpRequest, signal: AbortSignal) => Promise<HttpAnswer>;

/**
 * Not `fetch()`: that sends what is meant for this machine, token and all, to the proxy of the
 * environment. Redirects are not followed, for the same reason.
 */
export const sendHttp: SendHttp = async ({ method, url, headers = {}, body }, signal) => {
  const length = body === undefined ? {} : { "Content-Length": String(body.length) };
  const options: RequestOptions = {
    method,
    headers: { ...headers, ...length },
    signal,
    agent: false,
    // Whatever the environment says.
    rejectUnauthorized: true,
  };
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      send(url, options, resolve).on("error", reject).end(body);
    });
    return { status: answer.statusCode ?? 0, headers: singleValues(answer), body: answer };
  } catch (error) {
    const [code, reason] = signal.aborted
      ? (["aborted", "it was called off"] as const)
      : reasonOf(error);
    throw new DialError(code, `Cannot reach ${url.origin} as ${reason}`, error);
  }
};

function singleValues({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
}
