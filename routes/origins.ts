/** Which web pages a browser may call us from. */

export type OriginVerdict =
  /** No browser, or a page of our own. */
  | { readonly type: "same" }
  /** A page of an origin the user allowed. */
  | { readonly type: "allowed"; readonly origin: string }
  | { readonly type: "refused"; readonly origin: string };

export interface OriginHeaders {
  readonly method: string;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** `Sec-Fetch-Site`, which browsers send where they send no `Origin`, as for images. */
  readonly site: string | undefined;
  /** `Sec-Fetch-Mode`. */
  readonly mode: string | undefined;
}

/**
 * Judges a request by the headers that a page cannot forge. A page of ours may have come through a
 * proxy that speaks HTTPS, so the scheme is not compared. A link from elsewhere to the console is
 * followed; a link or an image cannot read what it gets, but could start things or load the camera.
 */
export function judgeOrigin(headers: OriginHeaders, allowed: readonly string[]): OriginVerdict {
  const { method, origin, host, site, mode } = headers;
  if (origin !== undefined) {
    if (host !== undefined && /^https?:\/\/(.+)$/i.exec(origin)?.[1] === host) {
      return { type: "same" };
    }
    return { type: allowed.includes(origin.toLowerCase()) ? "allowed" : "refused", origin };
  }
  const fromElsewhere = site === "cross-site" || site === "same-site";
  const isLink = mode === "navigate" && (method === "GET" || method === "HEAD");
  if (!fromElsewhere || isLink) return { type: "same" };
  return { type: "refused", origin: `another one (${site})` };
}
