import type { Context } from "hono";
import type { AppOptions } from "./app_options.ts";
import type { AppEnv } from "./env.ts";
import { hostName } from "./hosts.ts";

/**
 * Where this caller reaches the RTSP server. One that listens on all addresses is reached by the name
 * that the caller used for us.
 */
export function rtspBase(c: Context<AppEnv>, { rtsp }: AppOptions): string {
  const { address, port } = rtsp();
  const host = address === "0.0.0.0" ? hostName(c.req.header("host")) ?? "127.0.0.1" : address;
  return `rtsp://${host}:${port}`;
}
