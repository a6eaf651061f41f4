import type { StreamName } from "../hub/dahua_camera.ts";
import type { LinkPoolEvent } from "../hub/link_pool.ts";
import type { MediaPathEvent } from "../hub/media_path.ts";
import { formatEndpoint } from "../endpoint.ts";
import type { Log } from "../log/log.ts";
import type { Track } from "../media/track.ts";

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

/** Tells what a stream does. */
export function reportPath(
  log: Log,
  printJson: ((value: object) => void) | undefined,
): (name: StreamName, event: MediaPathEvent) => void {
  return ({ channel, subtype }, event) => {
    switch (event.type) {
      case "state": {
        const { state, end } = event;
        log.info(`stream ${state}`, { channel, subtype, why: end?.detail });
        printJson?.({ event: "stream", channel, subtype, state, detail: end?.detail });
        return;
      }
      case "pulling":
        return log.info("pulling", { channel, subtype, tracks: event.tracks.map(name).join(" ") });
      case "stalled":
        log.warn("no picture for a while: pulling again", {
          channel,
          subtype,
          renewed: event.renewed,
        });
        printJson?.({ event: "stalled", channel, subtype, renewed: event.renewed });
    }
  };
}

function name(track: Track): string {
  return track.codec === "packed" ? track.encoding : track.codec;
}
