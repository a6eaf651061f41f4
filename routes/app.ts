/**
 * The HTTP control plane: the hub as an API, behind the guards every request passes.
 *
 * @module
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { type App, type AppLimits, type AppOptions, DEFAULT_APP_LIMITS } from "./app_options.ts";
import { cameraRoutes } from "./cameras.ts";
import { liveRoutes } from "./console/live.ts";
import { LiveStreams } from "./console/live_streams.ts";
import { pageRoutes } from "./console/page.ts";
import { controlRoutes } from "./control.ts";
import { describe, schemaOf } from "./description.ts";
import { doctorRoutes } from "./doctor.ts";
import { documentRoutes } from "./documents.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { EventStreams } from "./event_streams.ts";
import { eventRoutes } from "./events.ts";
import { checkHost, checkOrigin, checkToken, limitBody, limitRates } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import { invalidRequest } from "./invalid_request.ts";
import { methodsOf } from "./methods.ts";
import { metricRoutes } from "./metrics.ts";
import { pictureRoutes } from "./pictures.ts";
import { Problem, problemResponse } from "./problem.ts";
import { startStopRoutes } from "./start_stop.ts";
import { wakeRoutes } from "./wakes.ts";

/** Of every answer, unless its route says otherwise. */
const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** The API, ready to be served. */
export function createApp(options: AppOptions): App {
  const limits = { ...DEFAULT_APP_LIMITS, ...options.limits };
  const streams = new EventStreams(options.hub.events, options.clock, limits.eventStreams);
  const live = new LiveStreams(options.clock, limits.liveStreams);
  const routes = createRoutes(options, limits, streams, live);
  return {
    fetch: async (request, peer) => await routes.fetch(request, { peer }),
    close() {
      streams.close();
      live.close();
    },
  };
}

/** Every route, behind its guards. */
export function createRoutes(
  options: AppOptions,
  limits: AppLimits,
  streams: EventStreams,
  live = new LiveStreams(options.clock, limits.liveStreams),
): AppRoutes {
  const app: AppRoutes = new OpenAPIHono<AppEnv>({
    defaultHook: (result, c) => {
      if (result.success) return;
      const data: unknown = "data" in result ? result.data : undefined;
      const schema = schemaOf(app, c, result.target);
      throw invalidRequest({ target: result.target, issues: result.error.issues, data, schema });
    },
  });
  app.onError((error, c) => failed(error, c, options));
  app.notFound((c) => notFound(c, app));
  app.use(reportRequest(options), addHeaders);
  app.use(limitRates(options, limits), checkHost(options), checkOrigin(options));
  app.use(answerOptions(app), checkToken(options, limits), limitBody(limits));
  app.route("/", cameraRoutes(options));
  app.route("/", startStopRoutes(options));
  app.route("/", controlRoutes(options));
  app.route("/", pictureRoutes(options));
  app.route("/", liveRoutes(options, live));
  app.route("/", wakeRoutes(options));
  app.route("/", doctorRoutes(options));
  app.route("/", eventRoutes(options, streams));
  app.route("/", healthRoutes(options));
  app.route("/", metricRoutes(options, streams));
  app.route("/", documentRoutes(() => describe(app, options)));
  app.route("/", pageRoutes());
  return app;
}

/** One line a request, without its query. */
function reportRequest({ log, clock }: AppOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const began = clock.now();
    await next();
    log.debug("request", {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(clock.now() - began),
      caller: c.get("caller"),
    });
  };
}

const addHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(HEADERS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
};

/** What a path can do is no secret. */
function answerOptions(app: AppRoutes): MiddlewareHandler<AppEnv> {
  return async (c, next): Promise<Response | void> => {
    const methods = c.req.method === "OPTIONS" ? methodsOf(c.req.path, app.routes) : [];
    if (methods.length > 0) return c.body(null, 204, { Allow: methods.join(", ") });
    await next();
  };
}

function notFound(c: Context<AppEnv>, app: AppRoutes): Response {
  const methods = methodsOf(c.req.path, app.routes);
  if (methods.length === 0) {
    return problemResponse(new Problem("not-found", { detail: "There is nothing at this path" }));
  }
  const allow = methods.join(", ");
  const detail = `This path has no method ${c.req.method.slice(0, 32)}; it has ${allow}`;
  return problemResponse(new Problem("method-not-allowed", { detail, headers: { Allow: allow } }));
}

/** The answer to a request whose handler threw. */
function failed(error: Error, c: Context<AppEnv>, { log }: AppOptions): Response {
  if (error instanceof Problem) return problemResponse(error);
  if (error instanceof HTTPException && error.status < 500) {
    return problemResponse(
      error.status === 415
        ? new Problem("unsupported-media-type", {
          detail: "It needs Content-Type: application/json",
        })
        : new Problem("invalid-request", { detail: error.message }),
    );
  }
  log.error("a bug of ours, please report it", {
    method: c.req.method,
    path: c.req.path,
    error: error.stack ?? error.message,
  });
  return problemResponse(
    new Problem("internal", {
      detail: "Something went wrong that should not have",
      advice: "See the daemon's log, and please report it.",
    }),
  );
}
