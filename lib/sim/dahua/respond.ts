import type { DhRequest, DhResponse } from "../../dahua/signaling/message.ts";

/** The response to a request, carrying its CSeq. */
export function respond(request: DhRequest, code: number, reason: string, body = ""): DhResponse {
  return { code, reason, cseq: request.cseq, headers: new Map(), body };
}

/** What a server says of a serial or path that it does not know. */
export function notFound(request: DhRequest): DhResponse {
  return respond(request, 404, "Not Found");
}
