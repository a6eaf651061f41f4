import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppOptions } from "./app_options.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { cameraProblem, Problem, refusal } from "./problem.ts";
import { cameraParams, failures, noQuery } from "./request_schemas.ts";

const snapshot = createRoute({
  method: "get",
  path: "/api/v1/cameras/{name}/snapshot.jpg",
  tags: ["cameras"],
  summary: "The latest picture",
  description: "Asks a camera that is open for a new one; never reaches or wakes one that is not.",
  request: { params: cameraParams, query: noQuery },
  responses: {
    200: {
      description: "A picture",
      headers: z.object({
        "X-Snapshot-Age": z.string().meta({ description: "Seconds since it was taken" }),
      }),
      content: { "image/jpeg": { schema: { type: "string", contentMediaType: "image/jpeg" } } },
    },
    ...failures("unknown-camera", "no-picture", "camera-failed", "credentials-refused"),
  },
});

/** Still pictures. */
export function pictureRoutes({ hub }: AppOptions): AppRoutes {
  return new OpenAPIHono<AppEnv>().openapi(snapshot, async (c) => {
    const { name } = c.req.valid("param");
    const result = await hub.snapshot(name, c.req.raw.signal);
    switch (result.type) {
      case "picture":
        c.header("Content-Type", "image/jpeg");
        c.header("X-Snapshot-Age", (result.age / 1_000).toFixed(3));
        return c.body(new Uint8Array(result.bytes), 200);
      case "none":
        throw new Problem("no-picture", {
          detail: `There is no picture: ${result.detail}`,
          advice: result.advice,
          camera: name,
        });
      case "failed":
        throw cameraProblem(name, result.error);
      case "unknown":
        throw refusal(name, result);
    }
  });
}
