import type { Context } from "hono";
import type { Cause } from "../lib/hub/cause.ts";
import { type AppEnv, whoCalls } from "./env.ts";

/** How the command line calls itself, so that the ledger can tell it from other callers. */
export const CLI_USER_AGENT = "sightline-cli";

/** Who calls, and by what means: for the ledger and the log. */
export function causeOf(c: Context<AppEnv>): Cause {
  const isCli = c.req.header("user-agent")?.startsWith(CLI_USER_AGENT) ?? false;
  return { by: isCli ? "cli" : "api", who: whoCalls(c) };
}
