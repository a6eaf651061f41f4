import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { controlOrder } from "../lib/config/control_order.ts";
import type { AppOptions } from "./app_options.ts";
import { cameraAnswer, cameraJson } from "./camera_json.ts";
import { causeOf } from "./cause.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { cameraProblem, refusal } from "./problem.ts";
import { cameraParams, failures, noQuery } from "./request_schemas.ts";
import { rtspBase } from "./rtsp_base.ts";

const control = createRoute({
  method: "post",
  path: "/api/v1/cameras/{name}/control",
  tags: ["control"],
  summary: "Have an open camera do something",
  description:
    "Its light, siren, status LED, motion sensor (PIR), movement, presets, zoom or a reboot; which of " +
    "them it has, it says in `controls`. Answers once the camera has done it. Never reaches or wakes " +
    "a camera: one that is not open refuses.",
  request: {
    params: cameraParams,
    query: noQuery,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: controlOrder.meta({
            id: "ControlOrder",
            examples: [{ type: "ptz", direction: "left", for: "2s" }],
          }),
        },
      },
    },
  },
  responses: {
    200: cameraAnswer("The camera has done it"),
    ...failures(
      "unknown-camera",
      "refused",
      "unsupported-media-type",
      "closing",
      "camera-offline",
      "credentials-refused",
      "no-path",
      "camera-failed",
    ),
  },
});

/** What cameras do besides showing pictures. */
export function controlRoutes(options: AppOptions): AppRoutes {
  return new OpenAPIHono<AppEnv>().openapi(control, async (c) => {
    const { name } = c.req.valid("param");
    const { signal } = c.req.raw;
    const result = await options.hub.control(name, c.req.valid("json"), causeOf(c), signal);
    switch (result.type) {
      case "done":
        return c.json(cameraJson(result.status, rtspBase(c, options)), 200);
      case "failed":
        throw cameraProblem(name, result.error);
      default:
        throw refusal(name, result);
    }
  });
}
