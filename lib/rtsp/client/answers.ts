/** What a client makes of the responses of a camera, and of its requests. @module */

import type { CloseReason } from "../../machine.ts";
import type { ClientEnd } from "./events.ts";
import { withoutUserinfo } from "./control_url.ts";
import { encodeMessage, RtspHeaders, type RtspRequest, type RtspResponse } from "../message.ts";

/** Methods a camera may call us with. */
const OWN_METHODS = ["OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"];

/** The end that a response to `method` is, or `undefined` when all is well. */
export function endOf(
  method: string,
  { status, reason, headers }: RtspResponse,
): ClientEnd | undefined {
  if (status < 300) return undefined;
  if (status < 400) {
    const location = withoutUserinfo(headers.get("Location") ?? "nowhere");
    const detail = `the camera answers ${method} with ${status}, a redirection to ${
      quote(location)
    }, which is not followed`;
    return { reason: "protocol", detail, status };
  }
  const detail = `the camera answers ${method} with ${status} ${quote(reason)}`;
  return { reason: reasonOf(status), detail, status };
}

function reasonOf(status: number): CloseReason {
  if (status === 401 || status === 403) return "auth";
  if (status === 404 || status === 410) return "unreachable";
  // Not enough bandwidth, session not found, and everything that is the camera's own trouble.
  if (status === 453 || status === 454 || status >= 500) return "peer";
  return "protocol";
}

/** The response to a request of the camera. */
export function answerServer({ method, headers }: RtspRequest): Uint8Array {
  const isKnown = OWN_METHODS.includes(method);
  const cseq = headers.get("CSeq");
  const fields: [string, string][] = cseq === undefined ? [] : [["CSeq", cseq]];
  if (method === "OPTIONS") fields.push(["Public", OWN_METHODS.join(", ")]);
  return encodeMessage({
    type: "response",
    status: isKnown ? 200 : 501,
    reason: isKnown ? "OK" : "Not Implemented",
    headers: new RtspHeaders(fields),
    body: new Uint8Array(0),
  });
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
