/** The API's description, made from its routes. @module */

import type { RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppOptions } from "./app_options.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { matches } from "./methods.ts";

/** The schema a part of this request should have fitted. */
export function schemaOf(
  app: AppRoutes,
  c: Context<AppEnv>,
  target: string,
): z.ZodType | undefined {
  const request = routesOf(app).find(({ method, path }) =>
    method === c.req.method.replace("HEAD", "GET").toLowerCase() &&
    matches(c.req.path, path.replaceAll(/\{(\w+)\}/g, ":$1"))
  )?.request;
  if (target === "query") return request?.query as z.ZodType | undefined;
  const body = target === "json" ? request?.body?.content["application/json"] : undefined;
  return body !== undefined && "schema" in body ? body.schema as z.ZodType : undefined;
}

function routesOf(app: AppRoutes): readonly RouteConfig[] {
  return app.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? [definition.route] : []
  );
}

/** The API's description, from its routes. */
export function describe(app: AppRoutes, { version }: AppOptions): object {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
  });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "sightline",
      version: version.version,
      description: "Your own cameras behind NAT, on this machine: state, start, stop, events.",
    },
    security: [{ token: [] }],
  });
}
