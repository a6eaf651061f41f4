import type { CameraError, EventData, EventLog, HubEvent } from "../hub/control.ts";
import type { Log, LogFields } from "../log/log.ts";

/** Writes what happens to the cameras into the log, until the returned function is called. */
export function reportEvents(events: EventLog, log: Log): () => void {
  return events.subscribe((event) => {
    const camera = "camera" in event ? { camera: event.camera } : {};
    report(event, log.with(camera));
  });
}

function report(event: HubEvent, log: Log): void {
  switch (event.type) {
    case "state":
      return log.info(event.state, { way: event.way, why: event.detail ?? event.error?.detail });
    case "way":
      return log.info("moved to another way", { way: event.way });
    case "wayFailed":
      return log.info("way failed", { way: event.way, why: event.detail });
    case "error":
      return log.warn("camera failed", { ...failure(event.error), retryMs: retryIn(event) });
    case "viewers":
      return log.debug("viewers", { path: event.path, viewers: event.viewers });
    case "lease": {
      const { by, who } = event.cause ?? {};
      const until = event.until === undefined ? undefined : new Date(event.until).toISOString();
      return log.info(`lease ${event.change}`, { until, by, who });
    }
    case "stopped":
      return log.info("stopped", { by: event.cause.by, who: event.cause.who });
    case "wake":
      return wake(event, log);
    case "battery": {
      const { percent, charging } = event.battery;
      return log.info("battery", { percent, charging });
    }
    case "motion": {
      const { motion, visitor, kinds } = event;
      return log.info("motion", { motion, visitor, kinds: kinds.join(",") });
    }
    case "stall":
      return log.warn("no picture for a while: pulling again", {
        path: event.path,
        renewed: event.renewed,
      });
    case "camera":
      return log.info(`camera ${event.change}`);
    case "config":
      return event.outcome === "applied"
        ? log.info("configuration applied", { changes: event.detail })
        : log.error("configuration rejected, the one before stays in force", {
          why: event.detail,
        });
  }
}

function wake(
  { cause: { by, who }, allowed }: Extract<EventData, { readonly type: "wake" }>,
  log: Log,
): void {
  if (allowed) log.info("connecting", { by, who });
  else log.warn("not connected: the wake budget is spent", { by, who });
}

function failure({ reason, stage, detail, advice }: CameraError): LogFields {
  return { reason, stage, why: detail, advice: advice === "" ? undefined : advice };
}

function retryIn(
  { retryAt, at }: { readonly retryAt: number | undefined; readonly at: number },
): number | undefined {
  return retryAt === undefined ? undefined : Math.round(retryAt - at);
}
