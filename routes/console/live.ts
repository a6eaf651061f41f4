import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { StreamStatus } from "../../lib/hub/camera_status.ts";
import type { OpenResult } from "../../lib/hub/hub.ts";
import type { Source } from "../../lib/media/source.ts";
import type { AppOptions } from "../app_options.ts";
import { type AppEnv, type AppRoutes, whoCalls } from "../env.ts";
import { cameraProblem, Problem, refusal, tooManyOpen } from "../problem.ts";
import { cameraParams, failures, REACHING } from "../request_schemas.ts";
import type { LiveResult, LiveStreams } from "./live_streams.ts";
import { stillOf } from "./still.ts";

const VIDEO = "video/mp4";

const streamQuery = z.string().regex(
  /^[a-z0-9]{1,16}(\/[a-z0-9]{1,16})?$/,
  "be the name of a stream",
)
  .optional().meta({
    description: "As behind the camera's name in RTSP: main, sub, ch2/sub",
    examples: ["sub"],
  });

const flag = z.enum(["true", "false"]);

const movie = {
  content: { [VIDEO]: { schema: { type: "string" as const, contentMediaType: VIDEO } } },
};

const live = createRoute({
  method: "get",
  path: "/api/v1/cameras/{name}/live.mp4",
  tags: ["cameras"],
  summary: "A camera live, as fragmented MP4 for browsers",
  description:
    "H.264 or H.265 as the camera sends it, and its sound where it is AAC or G.711, which becomes " +
    "FLAC. The codecs are in Content-Type. It counts as a viewer, and reaches the camera as one " +
    "does, unless with peek. A client that reads too slowly loses whole pictures. Ends when the " +
    "camera is closed, or sends something else: then ask again.",
  request: {
    params: cameraParams,
    query: z.strictObject({
      stream: streamQuery,
      peek: flag.default("false").meta({
        description:
          "Never reach the camera: its last key frame once a second, and live pictures " +
          "while it is open for somebody else",
      }),
      sound: flag.default("true").meta({ description: "Whether to take sound along" }),
    }),
  },
  responses: {
    200: {
      description: "From a key frame on",
      headers: z.object({
        "X-Left-Out": z.string().optional().meta({
          description: "Encodings of tracks that are left out, as browsers cannot play them",
        }),
      }),
      ...movie,
    },
    ...failures("no-picture", ...REACHING),
  },
});

const keyframe = createRoute({
  method: "get",
  path: "/api/v1/cameras/{name}/keyframe.mp4",
  tags: ["cameras"],
  summary: "The latest key frame, as MP4 of one picture",
  description: "As it came last; never reaches or wakes the camera, nor asks it for anything.",
  request: { params: cameraParams, query: z.strictObject({ stream: streamQuery }) },
  responses: {
    200: {
      description: "A picture",
      headers: z.object({
        "X-Snapshot-Age": z.string().optional().meta({ description: "Seconds since it came" }),
      }),
      ...movie,
    },
    ...failures("no-picture", ...REACHING),
  },
});

/** Pictures that move, and the latest of them. */
export function liveRoutes({ hub }: AppOptions, streams: LiveStreams): AppRoutes {
  async function find(c: Context<AppEnv>, name: string, path: string): Promise<Source> {
    return sourceOf(
      name,
      await hub.open(path, { cause: { by: "viewer", who: whoCalls(c) }, signal: c.req.raw.signal }),
    );
  }
  return new OpenAPIHono<AppEnv>()
    .openapi(live, async (c) => {
      const { name } = c.req.valid("param");
      const { stream, peek, sound } = c.req.valid("query");
      // What describes a stream must not wake a camera.
      if (c.req.method === "HEAD") return c.body(null, 200, { "Content-Type": VIDEO });
      if (streams.isFull) throw tooMany();
      const path = pathOf(name, stream) + (peek === "true" ? "?peek" : "");
      const source = await find(c, name, path);
      const result = await streams.open(source, {
        sound: sound === "true",
        signal: c.req.raw.signal,
      });
      if (result.type !== "live") throw noPicture(name, source, result);
      c.header("Content-Type", result.contentType);
      c.header("X-Accel-Buffering", "no");
      if (result.leftOut.length > 0) c.header("X-Left-Out", result.leftOut.join(", "));
      return c.body(result.readable, 200);
    })
    .openapi(keyframe, async (c) => {
      const { name } = c.req.valid("param");
      const { stream } = c.req.valid("query");
      const path = pathOf(name, stream);
      const source = await find(c, name, `${path}?peek`);
      const still = stillOf(source);
      if (still === undefined) throw noPicture(name, source, { type: "unplayable" });
      const age = ageOf(hub.get(name)?.streams ?? [], path);
      c.header("Content-Type", still.contentType);
      if (age !== undefined) c.header("X-Snapshot-Age", (age / 1_000).toFixed(3));
      return c.body(new Uint8Array(still.bytes), 200);
    });
}

function pathOf(name: string, stream: string | undefined): string {
  return stream === undefined ? `/${name}` : `/${name}/${stream}`;
}

function sourceOf(camera: string, result: OpenResult): Source {
  switch (result.type) {
    case "source":
      return result.source;
    case "failed":
      throw cameraProblem(camera, result.error);
    case "unknown":
      throw new Problem("unknown-camera", {
        detail: `There is no camera named ${camera}, or it has no such stream`,
        camera,
      });
    default:
      throw refusal(camera, result);
  }
}

function noPicture(
  camera: string,
  { tracks }: Source,
  result: Exclude<LiveResult, { readonly type: "live" }>,
): Problem {
  if (result.type === "full") return tooMany();
  if (result.type === "none") {
    return new Problem("timed-out", {
      detail: "No key frame came in time, or the camera was closed",
      stage: "starting",
      advice: "Try again; or check the camera's stream settings.",
      camera,
    });
  }
  const codecs = tracks.map((track) => track.codec === "packed" ? track.encoding : track.codec);
  return new Problem("no-picture", {
    detail: `There is no picture browsers can show: the stream is ${codecs.join(" and ")}`,
    advice: "Set the camera to H.264, or watch it over RTSP.",
    camera,
  });
}

function tooMany(): Problem {
  return tooManyOpen("Too many watch live pictures over HTTP already");
}

function ageOf(
  streams: readonly StreamStatus[],
  path: string,
): number | undefined {
  return streams.find((stream) => stream.path.toLowerCase() === path.toLowerCase())?.keyframeAge;
}
