/** Start line and header fields of an RTSP message, RFC 2326 section 4. @module */

import { DecodeError } from "../bytes/decode_error.ts";
import { RtspHeaders, type RtspRequest, type RtspResponse } from "./message.ts";

export type MessageHead = Omit<RtspRequest, "body"> | Omit<RtspResponse, "body">;

/**
 * Reads a head. A field that is none makes the message bad; where `lenient`, as with cameras, it is
 * left out. Throws `DecodeError`.
 */
export function parseHead(text: string, maxFields: number, lenient: boolean): MessageHead {
  const [start = "", ...lines] = text.trimEnd().split(/\r?\n/);
  if (lines.length > maxFields && !lenient) {
    throw new DecodeError(
      `Cannot decode RTSP message as it may have ${maxFields} header fields: ${lines.length}`,
    );
  }
  const fields = lines.slice(0, maxFields).map((line) => ({ line, field: parseField(line) }));
  const bad = fields.find(({ field }) => field === undefined);
  if (bad !== undefined && !lenient) {
    throw new DecodeError(
      `Cannot decode RTSP header as it must be NAME: VALUE: ${quote(bad.line)}`,
    );
  }
  const good = fields.map(({ field }) => field).filter((field) => field !== undefined);
  return parseStartLine(lenient ? start.replace(/ +/g, " ") : start, new RtspHeaders(good));
}

function parseStartLine(line: string, headers: RtspHeaders): MessageHead {
  const request = /^([!-~]+) ([!-~]+) RTSP\/1\.\d+$/.exec(line);
  if (request !== null) {
    const [, method = "", uri = ""] = request;
    return { type: "request", method, uri, headers };
  }
  const response = /^RTSP\/1\.\d+ (\d{3})(?: (.*))?$/.exec(line);
  if (response !== null) {
    const [, status, reason = ""] = response;
    return { type: "response", status: Number(status), reason, headers };
  }
  throw new DecodeError(
    `Cannot decode RTSP message as its first line is no request or status line: ${quote(line)}`,
  );
}

function parseField(line: string): [name: string, value: string] | undefined {
  // No control characters in values: some are echoed, and NUL would end a line elsewhere.
  const match = /^([!-9;-~]+)[ \t]*:([\t -~\x80-\uffff]*)$/.exec(line);
  if (match === null) return undefined;
  const [, name = "", value = ""] = match;
  return [name, value.trim()];
}

/** The length of the body, 0 where the head names none. Throws `DecodeError`. */
export function contentLength(headers: RtspHeaders): number {
  const values = new Set(headers.getAll("Content-Length"));
  const [text = "0"] = values;
  if (values.size > 1 || !/^\d{1,10}$/.test(text)) {
    throw new DecodeError(
      `Cannot decode RTSP message as Content-Length must be one number: ${
        quote([...values].join())
      }`,
    );
  }
  return Number(text);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
