import type { CameraError } from "../hub/camera_status.ts";
import type { EventData, EventLog, HubEvent } from "../hub/hub_event.ts";
import type { Log, LogFields } from "../log/log.ts";
import { Repeats } from "../log/repeats.ts";

/** Writes what happens to the cameras into the log, until the returned function is called. */
export function reportEvents(events: EventLog, log: Log): () => void {
  const troubles = new Map<string, Repeats>();
  return events.subscribe((event) => {
    if (!("camera" in event)) return report(event, log, new Repeats());
    const { camera } = event;
    const trouble = troubles.get(camera) ?? new Repeats();
    if (event.type === "camera" && event.change === "removed") troubles.delete(camera);
    else troubles.set(camera, trouble);
    report(event, log.with({ camera }), trouble);
  });
}

/** @param trouble What was told of this camera's failures since it was well. */
function report(event: HubEvent, log: Log, trouble: Repeats): void {
  switch (event.type) {
    case "state":
      return state(event, log, trouble);
    case "way":
      return log.info("moved to another way", { way: event.way });
    case "wayFailed":
      return wayFailed(event, log, trouble);
    case "error":
      return failed(event, log, trouble);
    case "viewers":
      return log.debug("viewers", { path: event.path, viewers: event.viewers });
    case "lease": {
      const { by, who } = event.cause ?? {};
      const until = event.until === undefined ? undefined : new Date(event.until).toISOString();
      // Some extend it every few seconds.
      const level = event.change === "extended" ? "debug" : "info";
      return log[level](`lease ${event.change}`, { until, by, who });
    }
    case "stopped":
      return log.info("stopped", { by: event.cause.by, who: event.cause.who });
    case "wake":
      return wake(event, log, trouble);
    case "battery": {
      const { percent, charging } = event.battery;
      return log.info("battery", { percent, charging });
    }
    case "controls":
      return log.debug("controls", { types: event.controls.map(({ type }) => type).join(",") });
    case "control": {
      const { order, outcome, detail: why, cause: { by, who } } = event;
      return log[outcome === "done" ? "info" : "warn"](`order ${outcome}`, { order, why, by, who });
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

type Told<Type extends EventData["type"]> = Extract<HubEvent, { readonly type: Type }>;

/** Attempts after a failure are many where a camera is away for long, and news once one succeeds. */
function state(
  { state, way, detail, error }: Told<"state">,
  log: Log,
  trouble: Repeats,
): void {
  switch (state) {
    case "idle":
    case "sleeping":
      trouble.forget();
      return log.info(state, { why: detail });
    case "open":
      trouble.forget();
      return log.info(state, { way });
    case "failed":
      // The error has told of it, unless it is an older one.
      return log.debug(state, { way, why: error?.detail });
    default:
      return log[trouble.isEmpty ? "info" : "debug"](state, { way });
  }
}

function failed(event: Told<"error">, log: Log, trouble: Repeats): void {
  const { error: { reason, stage }, at } = event;
  const news = trouble.note(`${reason} ${stage}`, at);
  const fields = { ...failure(event.error), retryMs: retryIn(event), ...news };
  log[news === undefined ? "debug" : "warn"]("camera failed", fields);
}

function wayFailed({ way, detail: why, at }: Told<"wayFailed">, log: Log, trouble: Repeats): void {
  const isNews = trouble.isEmpty || trouble.note(`way ${way}`, at) !== undefined;
  log[isNews ? "info" : "debug"]("way failed", { way, why });
}

function wake({ cause: { by, who }, allowed }: Told<"wake">, log: Log, trouble: Repeats): void {
  if (allowed) log[trouble.isEmpty ? "info" : "debug"]("connecting", { by, who });
  else log.warn("not connected: the wake budget does not allow it", { by, who });
}

function failure({ reason, stage, detail, advice }: CameraError): LogFields {
  return { reason, stage, why: detail, advice: advice === "" ? undefined : advice };
}

function retryIn(
  { retryAt, at }: { readonly retryAt: number | undefined; readonly at: number },
): number | undefined {
  return retryAt === undefined ? undefined : Math.round(retryAt - at);
}
