import { type FindSource, SourceUnavailableError } from "../media/source.ts";
import type { Hub, OpenResult } from "./hub.ts";

/** Finds the streams of a hub for viewers of the RTSP server. */
export function findSource(hub: Pick<Hub, "open">): FindSource {
  return async (path, signal, { address }) => {
    const result = await hub.open(path, { cause: { by: "viewer", who: address }, signal });
    if (result.type === "source") return result.source;
    if (result.type === "unknown") return undefined;
    const message = `Cannot show ${path.split("?", 1)[0]} as ${detailOf(result)}`;
    const retryAfter = result.type === "budget" ? result.retryAfter : undefined;
    throw new SourceUnavailableError(message, retryAfter);
  };
}

function detailOf(result: Exclude<OpenResult, { readonly type: "source" | "unknown" }>): string {
  return result.type === "failed" ? result.error.detail : result.detail;
}
