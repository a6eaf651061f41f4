import { encodeMessage, RtspHeaders } from "../message.ts";

/** Reasons of the status codes this server answers with, RFC 2326 section 7.1.1. */
const REASONS = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Time-out",
  451: "Parameter Not Understood",
  453: "Not Enough Bandwidth",
  454: "Session Not Found",
  455: "Method Not Valid in This State",
  457: "Invalid Range",
  459: "Aggregate Operation Not Allowed",
  460: "Only Aggregate Operation Allowed",
  461: "Unsupported Transport",
  501: "Not Implemented",
  503: "Service Unavailable",
  551: "Option not supported",
} as const;

/** What a request is answered with, before CSeq and the like. */
export interface Answer {
  readonly status: keyof typeof REASONS;
  readonly fields?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** The response to the request numbered `cseq`; `undefined` where it had no good number. */
export function encodeAnswer(answer: Answer, cseq: string | undefined): Uint8Array {
  const number: [string, string][] = cseq === undefined ? [] : [["CSeq", cseq]];
  return encodeMessage({
    type: "response",
    status: answer.status,
    reason: REASONS[answer.status],
    headers: new RtspHeaders([...number, ["Server", "sightline"], ...(answer.fields ?? [])]),
    body: new TextEncoder().encode(answer.body ?? ""),
  });
}
