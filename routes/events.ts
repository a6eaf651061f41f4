import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { EVENT_TYPES } from "../lib/config/event_types.ts";
import type { HubEvent } from "../lib/hub/hub_event.ts";
import type { AppOptions } from "./app_options.ts";
import type { AppEnv, AppRoutes } from "./env.ts";
import type { EventStreams } from "./event_streams.ts";
import { tooManyOpen } from "./problem.ts";
import { failures } from "./request_schemas.ts";

/** Users filter webhooks by these words: they must be those the hub says, no more and no less. */
const TYPES: readonly HubEvent["type"][] = EVENT_TYPES satisfies Exhaustive;

type Exhaustive = HubEvent["type"] extends typeof EVENT_TYPES[number] ? typeof EVENT_TYPES : never;

const eventNumber = z.string().regex(/^\d{1,16}$/, "be the number of an event")
  .transform(Number);

const events = createRoute({
  method: "get",
  path: "/api/v1/events",
  tags: ["events"],
  summary: "What happens, as server-sent events",
  description:
    "Begins with what happens from now on, or after the event named by Last-Event-ID or " +
    "`since`. An event of type `missed` says that there were more, which are kept no longer. A " +
    "comment comes every 15 s where there is nothing to tell.",
  request: {
    headers: z.object({
      "last-event-id": eventNumber.optional().meta({ description: "As browsers send it" }),
    }),
    query: z.strictObject({
      since: eventNumber.optional().meta({ description: "As Last-Event-ID; 0 for all there are" }),
      follow: z.enum(["true", "false"]).default("true").meta({
        description: "Whether to go on with what happens from now on",
      }),
    }),
  },
  responses: {
    200: {
      description: `Events of the types ${TYPES.join(", ")} and missed`,
      content: { "text/event-stream": { schema: { type: "string" } } },
    },
    ...failures(),
  },
});

/** The stream of events. */
export function eventRoutes({ hub }: AppOptions, streams: EventStreams): AppRoutes {
  return new OpenAPIHono<AppEnv>().openapi(events, (c) => {
    const { since, follow } = c.req.valid("query");
    const after = c.req.valid("header")["last-event-id"] ?? since ?? hub.events.lastId;
    c.header("Content-Type", "text/event-stream");
    c.header("X-Accel-Buffering", "no");
    if (c.req.method === "HEAD") return c.body(null, 200);
    const stream = streams.open({
      since: after,
      follow: follow === "true",
      signal: c.req.raw.signal,
    });
    if (stream !== undefined) return c.body(stream, 200);
    throw tooManyOpen("Too many clients follow the events already");
  });
}
