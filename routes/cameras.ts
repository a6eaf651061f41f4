import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { nameProblem } from "../lib/config/camera_name.ts";
import { checkCamera } from "../lib/config/config_checks.ts";
import { cameraSettings } from "../lib/config/config_schema.ts";
import { cameraConfig } from "../lib/config/load_config.ts";
import type { AppOptions } from "./app_options.ts";
import { cameraAnswer, cameraJson, cameraSchema } from "./camera_json.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { badRequest } from "./invalid_request.ts";
import { refusal } from "./problem.ts";
import { cameraParams, failures, noQuery } from "./request_schemas.ts";
import { rtspBase } from "./rtsp_base.ts";

const TAGS = ["cameras"];

const list = createRoute({
  method: "get",
  path: "/api/v1/cameras",
  tags: TAGS,
  summary: "All cameras",
  request: { query: noQuery },
  responses: {
    200: {
      description: "In the order of the configuration",
      content: { "application/json": { schema: z.object({ cameras: z.array(cameraSchema) }) } },
    },
    ...failures(),
  },
});

const get = createRoute({
  method: "get",
  path: "/api/v1/cameras/{name}",
  tags: TAGS,
  summary: "One camera",
  request: { params: cameraParams, query: noQuery },
  responses: { 200: cameraAnswer("As it is now"), ...failures("unknown-camera") },
});

const put = createRoute({
  method: "put",
  path: "/api/v1/cameras/{name}",
  tags: TAGS,
  summary: "Add a camera, or change one, until the daemon ends",
  request: {
    params: cameraParams,
    query: noQuery,
    body: {
      required: true,
      content: { "application/json": { schema: cameraSettings.meta({ id: "CameraSettings" }) } },
    },
  },
  responses: {
    200: cameraAnswer("Changed, or the same already"),
    201: cameraAnswer("Added"),
    ...failures("refused", "unsupported-media-type", "closing"),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/api/v1/cameras/{name}",
  tags: TAGS,
  summary: "Close a camera and forget it",
  request: { params: cameraParams, query: noQuery },
  responses: { 204: { description: "It is gone" }, ...failures("unknown-camera") },
});

/** The cameras there are. */
export function cameraRoutes(options: AppOptions): AppRoutes {
  const { hub } = options;
  return new OpenAPIHono<AppEnv>()
    .openapi(list, (c) => {
      const base = rtspBase(c, options);
      return c.json({ cameras: hub.list().map((status) => cameraJson(status, base)) }, 200);
    })
    .openapi(get, (c) => {
      const { name } = c.req.valid("param");
      const status = hub.get(name);
      if (status === undefined) throw refusal(name, { type: "unknown" });
      return c.json(cameraJson(status, rtspBase(c, options)), 200);
    })
    .openapi(put, async (c) => {
      const { name } = c.req.valid("param");
      const problem = nameProblem(name);
      if (problem !== undefined) {
        throw badRequest("path", [{ path: ["name"], text: problem, at: "key" }]);
      }
      const between = checkCamera(await c.req.json());
      if (between.length > 0) throw badRequest("body", between);
      const result = await hub.put(cameraConfig(name, c.req.valid("json")));
      if (result.type === "refused") throw refusal(name, result);
      const body = cameraJson(result.status, rtspBase(c, options));
      return result.type === "added" ? c.json(body, 201) : c.json(body, 200);
    })
    .openapi(remove, async (c) => {
      const { name } = c.req.valid("param");
      const result = await hub.remove(name);
      if (result.type === "unknown") throw refusal(name, result);
      return c.body(null, 204);
    });
}
