/**
 * The guards in front of every route: who may call, how often, and with how large a body.
 *
 * @module
 */

import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Repeats } from "../lib/log/repeats.ts";
import type { AppLimits, AppOptions } from "./app_options.ts";
import type { AppEnv } from "./env.ts";
import { isOurHost } from "./hosts.ts";
import { judgeOrigin } from "./origins.ts";
import { Problem } from "./problem.ts";
import { RateLimit } from "./rate_limit.ts";
import { callerOf } from "./tokens.ts";

type Guard = MiddlewareHandler<AppEnv>;

/** Methods that change nothing. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** What the console page at `/` loads; it has nothing of a camera before its user gives a token. */
const PAGE_ASSETS = "/console/";

/** What everybody may read: it says nothing about cameras, and supervisors and editors have no token. */
const PUBLIC: ReadonlySet<string> = new Set([
  "/",
  "/livez",
  "/readyz",
  "/openapi.json",
  "/config.schema.json",
]);

/** Headers of answers that pages of allowed origins may read. */
const EXPOSED = "Retry-After, X-Left-Out, X-Snapshot-Age";

/** How long a browser may go without asking again, in seconds. */
const PREFLIGHT_AGE = "600";

/** How many requests each client may send. */
export function limitRates({ clock }: AppOptions, limits: AppLimits): Guard {
  const requests = new RateLimit(limits.requests, clock);
  const changes = new RateLimit(limits.changes, clock);
  return async (c, next) => {
    const { peer } = c.env;
    const wait = requests.take(peer) ?? (SAFE.has(c.req.method) ? undefined : changes.take(peer));
    if (wait !== undefined) throw tooMany(wait);
    await next();
  };
}

/** Refuses requests that came by a name that is not ours: see `isOurHost()`. */
export function checkHost({ settings, listening }: AppOptions): Guard {
  return async (c, next) => {
    const host = c.req.header("host");
    if (!isOurHost(host, listening(), settings().allowedHosts)) {
      throw new Problem("forbidden-host", {
        detail: "The request has a Host this daemon does not answer to",
        advice: "Use the address it listens on, or add the name to api.allowed_hosts.",
      });
    }
    await next();
  };
}

/** Refuses browsers that act for pages of other origins, and answers what they ask beforehand. */
export function checkOrigin({ settings }: AppOptions): Guard {
  return async (c, next) => {
    const verdict = judgeOrigin({
      method: c.req.method,
      origin: c.req.header("origin"),
      host: c.req.header("host"),
      site: c.req.header("sec-fetch-site"),
      mode: c.req.header("sec-fetch-mode"),
    }, settings().allowedOrigins);
    if (verdict.type === "refused") {
      throw new Problem("forbidden-origin", {
        detail: `A page of ${verdict.origin.slice(0, 256)} may not call this daemon`,
        advice: "Add its origin to api.allowed_origins.",
      });
    }
    if (verdict.type === "same") return await next();
    if (isPreflight(c)) return preflight(verdict.origin);
    await next();
    c.res.headers.set("Access-Control-Allow-Origin", verdict.origin);
    c.res.headers.set("Access-Control-Expose-Headers", EXPOSED);
    c.res.headers.append("Vary", "Origin");
  };
}

/** Lets through who has a token, and everybody where there are none. */
export function checkToken({ settings, clock, log }: AppOptions, limits: AppLimits): Guard {
  const refusals = new RateLimit(limits.refusals, clock);
  const told = new Repeats();
  return async (c, next) => {
    const { tokens } = settings();
    if (tokens.length > 0 && isGuarded(c.req.path)) {
      const { peer } = c.env;
      // On this machine a neighbour could otherwise lock everybody else out.
      const locked = peer.startsWith("127.") ? undefined : refusals.check(peer);
      if (locked !== undefined) throw tooMany(locked);
      const authorization = c.req.header("authorization");
      const caller = callerOf(authorization, tokens);
      if (caller === undefined) {
        const news = authorization === undefined ? undefined : told.note(peer, clock.now());
        if (news !== undefined) log.warn("request refused: wrong token", { client: peer, ...news });
        throw refusals.take(peer) === undefined ? unauthorized() : tooMany();
      }
      c.set("caller", caller);
    }
    await next();
  };
}

/** No request of ours has much to say. */
export function limitBody({ bodyBytes }: AppLimits): Guard {
  return bodyLimit({
    maxSize: bodyBytes,
    onError: () => {
      throw new Problem("too-large", { detail: `The body has more than ${bodyBytes} bytes` });
    },
  });
}

/** Whatever is not known to be for everybody. */
function isGuarded(path: string): boolean {
  return !PUBLIC.has(path) && !path.startsWith(PAGE_ASSETS);
}

function isPreflight(c: Context<AppEnv>): boolean {
  return c.req.method === "OPTIONS" &&
    c.req.header("access-control-request-method") !== undefined;
}

function preflight(origin: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE",
      "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
      "Access-Control-Max-Age": PREFLIGHT_AGE,
      "Vary": "Origin",
    },
  });
}

function unauthorized(): Problem {
  return new Problem("unauthorized", {
    detail: "The request has no valid token",
    advice: "Send Authorization: Bearer with one of the tokens in api.tokens.",
    headers: { "WWW-Authenticate": 'Bearer realm="sightline"' },
  });
}

function tooMany(wait = 1_000): Problem {
  return new Problem("too-many-requests", {
    detail: "This client asks for more than it may",
    retryAfter: wait,
  });
}
