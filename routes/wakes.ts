import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppOptions } from "./app_options.ts";
import { wakeJson, wakeSchema } from "./camera_json.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { refusal } from "./problem.ts";
import { cameraParams, failures, noQuery } from "./request_schemas.ts";

const wakes = createRoute({
  method: "get",
  path: "/api/v1/cameras/{name}/wakes",
  tags: ["cameras"],
  summary: "Who had a camera reached, when and why",
  request: { params: cameraParams, query: noQuery },
  responses: {
    200: {
      description: "Oldest first",
      content: { "application/json": { schema: z.object({ wakes: z.array(wakeSchema) }) } },
    },
    ...failures("unknown-camera"),
  },
});

/** The ledger of wakes. */
export function wakeRoutes({ hub }: AppOptions): AppRoutes {
  return new OpenAPIHono<AppEnv>().openapi(wakes, (c) => {
    const { name } = c.req.valid("param");
    const records = hub.wakes(name);
    if (records === undefined) throw refusal(name, { type: "unknown" });
    return c.json({ wakes: records.map(wakeJson) }, 200);
  });
}
