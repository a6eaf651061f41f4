import type { OpenAPIHono } from "@hono/zod-openapi";

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
