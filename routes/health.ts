import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppOptions } from "./app_options.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { Problem } from "./problem.ts";
import { OPEN, openFailures } from "./request_schemas.ts";

const livez = createRoute({
  method: "get",
  path: "/livez",
  tags: ["health"],
  summary: "The process is alive",
  ...OPEN,
  responses: {
    200: {
      description: "It is",
      content: { "application/json": { schema: z.object({ status: z.literal("alive") }) } },
    },
    ...openFailures(),
  },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  tags: ["health"],
  summary: "The daemon can do its work",
  description: "Listeners are bound and the configuration is valid. A sleeping camera is ready.",
  ...OPEN,
  responses: {
    200: {
      description: "It can",
      content: {
        "application/json": {
          schema: z.object({
            status: z.literal("ready"),
            checks: z.array(z.object({ name: z.string(), ok: z.boolean() })),
          }),
        },
      },
    },
    ...openFailures("not-ready"),
  },
});

/** For supervisors, without a token: neither says anything about a camera. */
export function healthRoutes({ readiness }: AppOptions): AppRoutes {
  return new OpenAPIHono<AppEnv>()
    .openapi(livez, (c) => c.json({ status: "alive" as const }, 200))
    .openapi(readyz, (c) => {
      const checks = readiness();
      const failed = checks.filter(({ ok }) => !ok);
      if (failed.length > 0) {
        const detail = failed.map(({ name, detail }) => `${name}: ${detail ?? "not ready"}`);
        throw new Problem("not-ready", { detail: detail.join("; ") });
      }
      const shown = checks.map(({ name, ok }) => ({ name, ok }));
      return c.json({ status: "ready" as const, checks: shown }, 200);
    });
}
