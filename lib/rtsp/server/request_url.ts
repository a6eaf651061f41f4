/** URLs of requests (RFC 2326 section 3.2). @module */

import { DecodeError } from "../../bytes/decode_error.ts";

export interface RequestUrl {
  /** `rtsp://HOST[:PORT]` as the client wrote it, without user and password. */
  readonly origin: string;
  /** Path and query, percent-encoded; starts with a slash, ends in none unless it is `/`. */
  readonly path: string;
  /** Number of the track, where the URL ends in `/trackID=N`. */
  readonly track: number | undefined;
}

/** The `control` attribute of a track, which players add to the URL of the whole. */
export function trackControl(track: number): string {
  return `trackID=${track}`;
}

/** The URL of the whole, with no slash at its end but for the path `/`. */
export function formatUrl(url: RequestUrl): string {
  return `${url.origin}${url.path}`;
}

/** The URL that relative ones of tracks are added to: ends in a slash. */
export function baseUrl(url: RequestUrl): string {
  return url.path === "/" ? formatUrl(url) : `${formatUrl(url)}/`;
}

/**
 * Whether a URL with the path `path` was made by resolving a track's control against the base URL
 * of `whole` as RFC 3986 says, which loses the query and the last name before it. GStreamer does
 * so where other players put the control at the end.
 */
export function isResolvedAgainst(path: string, whole: string): boolean {
  const base = `${whole}/`.split("?", 1)[0] ?? "";
  return path === (base.replace(/\/[^/]*$/, "") || "/");
}

/** Takes the URL of a request line apart. Throws `DecodeError`. */
export function parseRequestUrl(uri: string): RequestUrl {
  const match = /^(rtsps?:\/\/)(?:[^/?#@]*@)?([^/?#@]+)([/?].*)?$/i.exec(uri);
  if (match === null) {
    throw new DecodeError(
      `Cannot decode RTSP URL as it must be rtsp://HOST/PATH: ${JSON.stringify(uri.slice(0, 80))}`,
    );
  }
  const [, scheme = "", authority = "", rest = "/"] = match;
  const origin = scheme.toLowerCase() + authority;
  const { whole, track } = takeTrack(rest.startsWith("/") ? rest : `/${rest}`);
  return { origin, path: whole.replace(/\/$/, "") || "/", track };
}

function takeTrack(path: string): { whole: string; track: number | undefined } {
  const match = /^(.*)\/trackID=(\d{1,3})\/?$/.exec(path);
  if (match === null) return { whole: path, track: undefined };
  return { whole: match[1] ?? "", track: Number(match[2]) };
}
