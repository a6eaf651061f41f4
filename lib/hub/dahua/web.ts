/** What a Dahua device's own web server is asked [the vendor's published HTTP API]. @module */

import { DecodeError } from "../../bytes/decode_error.ts";
import type { ByteStream } from "../../io/types.ts";
import type { Entropy } from "../../machine.ts";
import type { Credentials } from "../../rtsp/credentials.ts";
import { type HttpAnswer, httpGet } from "./http_get.ts";
import { LinkError } from "../link/link_error.ts";

/** Where the device's web server is, unless its owner has moved it. */
export const HTTP_PORT = 80;

export interface DahuaWebRequest {
  /** To port 80 of the device; of no more use afterwards. */
  readonly stream: ByteStream;
  readonly path: string;
  readonly credentials: Credentials;
  readonly entropy: Entropy;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** What it is for, as a stage of errors. */
  readonly stage: "snapshot" | "control";
  /** What the server has not done where it fails: `gave no picture`. */
  readonly failure: string;
}

/** Asks it something; whatever it answers but a refused password is an answer. Rejects with `LinkError`. */
export async function askDahuaWeb(request: DahuaWebRequest): Promise<HttpAnswer> {
  const { stream, path, credentials, entropy, maxBytes, signal } = request;
  const onAbort = () => stream.abort();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const answer = await httpGet(stream, { path, credentials, entropy, maxBytes });
    if (answer.refusal !== undefined) throw refused(request, answer.refusal);
    return answer;
  } catch (error) {
    if (error instanceof LinkError) throw error;
    if (signal.aborted) throw tooLate(request, error);
    if (error instanceof DecodeError) throw webFailure(request, error.message, error);
    throw webFailure(request, error instanceof Error ? error.message : String(error), error);
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.abort();
  }
}

type Purpose = Pick<DahuaWebRequest, "stage" | "failure">;

/** It did not do what it was asked for. */
export function webFailure({ stage, failure }: Purpose, why: string, cause?: unknown): LinkError {
  return new LinkError({
    reason: "peer",
    stage,
    detail: `the device's web server ${failure}: ${why}`,
    advice: "Check that HTTP is enabled on port 80 in the device's settings.",
  }, cause);
}

function refused({ stage, failure }: Purpose, why: string): LinkError {
  return new LinkError({
    reason: "auth",
    stage,
    detail: `the device's web server ${failure} as ${why}`,
    advice: "Check user name and password, and that this account may use the web page.",
  });
}

function tooLate({ stage, failure }: Purpose, cause: unknown): LinkError {
  return new LinkError({
    reason: "timeout",
    stage,
    detail: `the device's web server ${failure} in time`,
    advice: "Check that HTTP is enabled on port 80 in the device's settings.",
  }, cause);
}
