import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { StartResult } from "../lib/hub/hub.ts";
import type { AppOptions } from "./app_options.ts";
import { cameraAnswer, cameraJson } from "./camera_json.ts";
import { causeOf } from "./cause.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import { badRequest } from "./invalid_request.ts";
import { cameraProblem, Problem, refusal } from "./problem.ts";
import { cameraParams, durationQuery, failures, noQuery, REACHING } from "./request_schemas.ts";
import { rtspBase } from "./rtsp_base.ts";

const TAGS = ["control"];

const start = createRoute({
  method: "post",
  path: "/api/v1/cameras/{name}/start",
  tags: TAGS,
  summary: "Reach a camera and keep it open",
  description:
    "Idempotent: a repeat extends the lease and never shortens it. However many ask at " +
    "once, there is one session. The lease stands even where the answer is a failure.",
  request: {
    params: cameraParams,
    query: z.strictObject({
      for: durationQuery.meta({
        description: "How long to keep it open; until it is stopped where this is left out",
        examples: ["10m"],
      }),
      wait: z.enum(["frame"]).optional().meta({
        description: "Answer only once a key frame is in hand",
      }),
      timeout: durationQuery.meta({
        description: "How long to wait for it, 18s where this is left out",
        examples: ["18s"],
      }),
    }),
  },
  responses: {
    200: cameraAnswer("A key frame is in hand"),
    202: cameraAnswer("It is being reached, or open already"),
    ...failures(...REACHING),
  },
});

const stop = createRoute({
  method: "post",
  path: "/api/v1/cameras/{name}/stop",
  tags: TAGS,
  summary: "Close a camera now",
  description: "Idempotent. Ends its lease and every viewer.",
  request: { params: cameraParams, query: noQuery },
  responses: { 200: cameraAnswer("It is closed"), ...failures("unknown-camera") },
});

/** Starting and stopping a camera. */
export function startStopRoutes(options: AppOptions): AppRoutes {
  const { hub } = options;
  return new OpenAPIHono<AppEnv>()
    .openapi(start, async (c) => {
      await refuseBody(c);
      const { name } = c.req.valid("param");
      const { for: lease, wait, timeout } = c.req.valid("query");
      const result = await hub.start(name, {
        ...(lease !== undefined && { for: lease }),
        ...(wait !== undefined && { wait }),
        ...(timeout !== undefined && { timeout }),
        cause: causeOf(c),
        signal: c.req.raw.signal,
      });
      switch (result.type) {
        case "started":
          return c.json(cameraJson(result.status, rtspBase(c, options)), 202);
        case "frame": {
          const { status, keyframeAge } = result;
          return c.json(cameraJson({ ...status, keyframeAge }, rtspBase(c, options)), 200);
        }
        case "timedOut":
          throw noFrame(result);
        case "failed":
          throw cameraProblem(result.status.name, result.error);
        default:
          throw refusal(name, result);
      }
    })
    .openapi(stop, async (c) => {
      await refuseBody(c);
      const { name } = c.req.valid("param");
      const result = await hub.stop(name, causeOf(c));
      if (result.type === "unknown") throw refusal(name, result);
      return c.json(cameraJson(result.status, rtspBase(c, options)), 200);
    });
}

function noFrame(
  { status, stage, detail, advice }: Extract<StartResult, { readonly type: "timedOut" }>,
): Problem {
  return new Problem("timed-out", {
    detail: `No key frame came in time: ${detail}`,
    stage,
    advice,
    camera: status.name,
  });
}

/** What some clients send where they have nothing to say. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(["", "{}", "null"]);

/** A duration sent as a form would be overlooked, and the camera kept open without an end. */
async function refuseBody(c: Context<AppEnv>): Promise<void> {
  if (SAYS_NOTHING.has((await c.req.text()).trim())) return;
  throw badRequest("body", [{
    path: [],
    at: "value",
    text: "must be empty: what there is to say goes into the query, e.g. start?for=10m",
  }]);
}
