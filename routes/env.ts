import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";

/** What travels with a request through the routes. */
export interface AppEnv {
  Bindings: {
    /** The address it came from, without the port. */
    readonly peer: string;
  };
  Variables: {
    /** Name of the token it was sent with, where there are tokens. */
    caller: string | undefined;
  };
}

/** Routes of one resource. */
export type AppRoutes = OpenAPIHono<AppEnv>;

/** Who calls: the name of their token, or the address they call from. */
export function whoCalls(c: Context<AppEnv>): string {
  return c.get("caller") ?? c.env.peer;
}
