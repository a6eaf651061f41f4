/**
 * The console: one page and what it loads, out of the program itself.
 *
 * @module
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv, AppRoutes } from "../env.ts";
import { type Asset, ASSETS, PAGE } from "./assets.ts";

/** Nothing but what comes from here, and nothing that is written into the page as text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The page at `/`, its style and its modules. */
export function pageRoutes(): AppRoutes {
  const routes = new OpenAPIHono<AppEnv>();
  routes.get("/", (c) => answer(c, PAGE));
  for (const [name, asset] of ASSETS) routes.get(`/console/${name}`, (c) => answer(c, asset));
  return routes;
}

function answer(c: Context<AppEnv>, { type, text }: Asset): Response {
  return c.body(text, 200, { "Content-Type": type, "Content-Security-Policy": POLICY });
}
