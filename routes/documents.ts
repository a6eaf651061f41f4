import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { configJsonSchema } from "../lib/config/config_schema.ts";
import type { JSONValue } from "hono/utils/types";
import type { AppEnv, AppRoutes } from "./env.ts";
import { OPEN, openFailures } from "./request_schemas.ts";

const TAGS = ["documents"];

const openapi = createRoute({
  method: "get",
  path: "/openapi.json",
  tags: TAGS,
  summary: "This description",
  ...OPEN,
  responses: {
    200: {
      description: "OpenAPI 3.1",
      content: { "application/json": { schema: z.record(z.string(), z.unknown()) } },
    },
    ...openFailures(),
  },
});

const configSchema = createRoute({
  method: "get",
  path: "/config.schema.json",
  tags: TAGS,
  summary: "The configuration file as a schema, for editors",
  ...OPEN,
  responses: {
    200: {
      description: "JSON Schema, draft 7",
      content: { "application/json": { schema: z.record(z.string(), z.unknown()) } },
    },
    ...openFailures(),
  },
});

type Document = Record<string, JSONValue>;

/** What describes the program. `describe` is called once all routes are there. */
export function documentRoutes(describe: () => object): AppRoutes {
  let description: Document | undefined;
  let schema: Document | undefined;
  return new OpenAPIHono<AppEnv>()
    .openapi(openapi, (c) => c.json(description ??= describe() as Document, 200))
    .openapi(configSchema, (c) => c.json(schema ??= configJsonSchema() as Document, 200));
}
