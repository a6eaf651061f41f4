import { z } from "@hono/zod-openapi";
import { formatPath } from "../lib/config/config_mistakes.ts";
import { type Finding, findingsOf } from "../lib/config/schema_mistakes.ts";
import { Problem } from "./problem.ts";

/** Where in a request something is, in words. */
const PLACES: Readonly<Record<string, string>> = {
  json: "body",
  param: "path",
  query: "query",
  header: "headers",
};

/** What a validator found wrong with one part of a request. */
export interface Rejected {
  /** `json`, `param`, `query` or `header`. */
  readonly target: string;
  readonly issues: readonly z.core.$ZodIssue[];
  /** That part as it came. */
  readonly data: unknown;
  /** What it should have been. */
  readonly schema: z.ZodType | undefined;
}

/** Every mistake of a request, in the words the configuration's have. */
export function invalidRequest({ target, issues, data, schema }: Rejected): Problem {
  const place = PLACES[target] ?? target;
  const found = findingsOf(issues, {
    jsonSchema: schema === undefined ? {} : z.toJSONSchema(schema, { io: "input" }),
    inputOf: (path) => valueAt(data, path),
  });
  return badRequest(place, found);
}

/** The same for what was found by other means. */
export function badRequest(place: string, findings: readonly Finding[]): Problem {
  const errors = findings.map(({ path, text }) => ({ in: place, path: formatPath(path), text }));
  const detail = errors.map(({ path, text }) => path === "" ? `it ${text}` : `${path} ${text}`);
  return new Problem("invalid-request", {
    detail: `In the ${place}: ${detail.join("; ")}`,
    errors,
  });
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? Reflect.get(value, key)
        : undefined,
    data,
  );
}
