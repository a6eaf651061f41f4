import { formatEndpoint } from "../endpoint.ts";
import type { DahuaTunnelEvent } from "../dahua/tunnel_event.ts";
import type { Log } from "../log/log.ts";

/** Tells what a tunnel does: in the log for people, and as JSON lines where those are wanted. */
export function reportTunnel(
  log: Log,
  printJson: ((value: object) => void) | undefined,
): (event: DahuaTunnelEvent) => void {
  return (event) => {
    switch (event.type) {
      case "state":
        log.info(event.state);
        printJson?.({ event: "state", state: event.state });
        return;
      case "stage":
        log.debug(`${event.stage} ${event.status}`, {
          ms: Math.round(event.elapsed),
          sends: event.sends,
        });
        return;
      case "valid":
        log.debug("candidate answers", {
          kind: event.candidate.kind,
          endpoint: formatEndpoint(event.candidate.endpoint),
          rtt: event.roundTrip === undefined ? undefined : Math.round(event.roundTrip),
        });
        return;
      case "wayFailed":
        log.info("way failed", { way: event.way, why: event.detail });
        printJson?.({ event: "way-failed", way: event.way, detail: event.detail });
        return;
      case "open":
        log.info("connected", { way: event.way, peer: formatEndpoint(event.peer) });
        printJson?.({ event: "way", way: event.way, peer: formatEndpoint(event.peer) });
        return;
      case "closed":
        printJson?.({
          event: "closed",
          reason: event.reason,
          stage: event.stage,
          detail: event.detail,
        });
        return;
      case "streamOpen":
      case "streamReadable":
      case "streamWritable":
        return;
      case "streamClosed":
        log.debug("stream closed", { reason: event.reason, why: event.detail });
    }
  };
}
