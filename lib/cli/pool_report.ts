import type { LinkPoolEvent } from "../hub/link/link_pool.ts";
import { formatEndpoint } from "../endpoint.ts";
import type { Log } from "../log/log.ts";

/** Tells how a camera is reached, lost and left. */
export function reportPool(
  serial: string,
  json: boolean,
  log: Log,
  print: (line: string) => void,
): (event: LinkPoolEvent) => void {
  return (event) => {
    switch (event.type) {
      case "open": {
        const { way, peer } = event.way;
        const value = { event: "open", way, peer: formatEndpoint(peer) };
        return print(json ? JSON.stringify(value) : `Connected to ${serial}, way ${way}`);
      }
      case "lost": {
        const { reason, stage, detail } = event.end;
        const retryMs = event.retryIn < Infinity ? Math.round(event.retryIn) : undefined;
        log.warn("camera lost", { stage, why: detail, retryMs });
        if (json) print(JSON.stringify({ event: "lost", reason, stage, detail, retryMs }));
        return;
      }
      case "idle":
        return log.info("idle: the next connection opens a tunnel");
    }
  };
}
