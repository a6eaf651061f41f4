/** The URLs a server wants its session and tracks to be asked for by (RFC 2326 appendix C.1.1). */

import type { RtspHeaders } from "../message.ts";

const ABSOLUTE = /^rtsps?:\/\/[^/?#\s]/i;

/** The URL without user and password, which belong into no request. */
export function withoutUserinfo(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, "$1");
}

/** What relative URLs of a description are added to: named by the server, or what was asked for. */
export function describedBase(asked: string, headers: RtspHeaders): string {
  const named = [headers.get("Content-Base"), headers.get("Content-Location")];
  const base = named.find((url) => url !== undefined && ABSOLUTE.test(url));
  return withoutUserinfo(base ?? asked);
}

/**
 * The URL to send for a `control` attribute. Relative ones are put at the end, as all players do,
 * and not resolved as RFC 3986 has it: cameras keep the name of the stream in the query, which
 * resolving would lose.
 */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === "" || control === "*") return base;
  if (ABSOLUTE.test(control)) return withoutUserinfo(control);
  if (control.startsWith("?")) return base + control;
  const relative = control.replace(/^\/+/, "");
  return base.endsWith("/") ? base + relative : `${base}/${relative}`;
}
